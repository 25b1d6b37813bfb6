"""The audit log shows a user what happened to the rows that are theirs to see, of models that have scopes."""

from typing import Any

import sqlalchemy as sa
from flask import current_app

from demijohn.audit.models import AuditEntry
from demijohn.auth.fieldrules import root_model
from demijohn.auth.rows import row_condition
from demijohn.auth.scopes import scope
from demijohn.database.ownership import application_models


@scope(AuditEntry)
def entries_about_visible_rows(user: Any) -> Any:
    """Without entries about rows out of the user's scope, and about rows that are gone and might have been."""
    app: Any = current_app
    found = [about_visible_rows(model, user) for model in application_models(app._get_current_object())]
    conditions = [condition for condition in found if condition is not None]
    return sa.and_(*conditions) if conditions else True


def about_visible_rows(model: type, user: Any) -> sa.ColumnElement[bool] | None:
    """The condition for entries about one table; None if the user sees all its rows."""
    mapper: Any = sa.inspect(model)
    condition = row_condition(model, user) if root_model(mapper.local_table) is model else None
    if condition is None:
        return None
    key: Any = None
    for column in mapper.primary_key:
        text = sa.cast(column, sa.String)
        key = text if key is None else key + "," + text
    visible = sa.select(key).select_from(model).where(condition)
    return sa.or_(AuditEntry.table.is_distinct_from(mapper.local_table.name), AuditEntry.key.in_(visible))
