"""How many rows each saved view has for the person asking, all of them in one statement with a limit of time."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict

from demijohn.admin.kinds import mapper_of
from demijohn.admin.savedviews.queries import pairs_of
from demijohn.database.timelimit import time_limit

MOST = 999
"""Rows that a badge counts up to; more are `999+`."""
SECONDS = 1.0


def counts_of(view: Any, queries: dict[str, str]) -> dict[str, str]:
    """Key -> its badge; nothing at all where the database can't say in time."""
    parts = {key: capped(view, query) for key, query in queries.items()}
    if not parts:
        return {}
    session, mapper = view.db_session, mapper_of(view.model)
    wanted = sa.select(*(part.scalar_subquery() for part in parts.values()))
    try:
        with time_limit(session.connection(bind_arguments={"mapper": mapper}), seconds=SECONDS):
            row = session.execute(wanted, bind_arguments={"mapper": mapper}).one()
    except SQLAlchemyError:
        session.rollback()
        return {}
    return {key: f"{MOST}+" if count > MOST else f"{count:,}" for key, count in zip(parts, row, strict=True)}


def capped(view: Any, query: str) -> Any:
    given = MultiDict(pairs_of(query))
    rows = view.list_query(given.get("search"), view.filters_among(given))
    keys = rows.with_entities(*mapper_of(view.model).primary_key).order_by(None).limit(MOST + 1)
    return sa.select(sa.func.count()).select_from(keys.subquery())
