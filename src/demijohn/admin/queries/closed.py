"""What no query may read: secret columns, and the framework's own tables that the dashboard has no list of."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from demijohn.admin.kinds import is_secret
from demijohn.auth.permissions import table_name
from demijohn.database.base import db
from demijohn.database.ownership import battery_of
from demijohn.secretnames import is_secret_name
from demijohn.state import state_of

IsClosed = Callable[[str, str], bool]
"""Table and column -> whether it is closed."""


def closed_columns(app: Flask) -> IsClosed:
    """A function that tells which columns are closed; of a table without a model, by their names."""
    listed = {table_name(view.model) for _, view in state_of(app).contributed("admin_views")}
    tables: dict[str, list[Any]] = {}
    for metadata in db.metadatas.values():
        for table in metadata.tables.values():
            tables.setdefault(table.name.lower(), []).append(table)

    def is_closed(table: str, column: str) -> bool:
        known = tables.get(table.lower())
        if not known:
            return is_secret_name(column)
        return any(battery_of(one) and one.name not in listed for one in known) or any(
            is_secret(found) if found is not None else is_secret_name(column)
            for found in (column_named(one, column) for one in known)
        )

    return is_closed


def column_named(table: Any, name: str) -> Any:
    """The column of a table, however its name is written; None for one that the model does not have."""
    return next((column for column in table.columns if column.name.lower() == name.lower()), None)
