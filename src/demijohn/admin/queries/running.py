"""Running a query: on a connection of its own, within its limits, and never without an entry in the log."""

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from demijohn.admin.history import has_audit
from demijohn.admin.queries.answers import Answer, Limits, QueryRefused
from demijohn.admin.queries.closed import IsClosed, closed_columns
from demijohn.admin.queries.models import SavedQuery
from demijohn.admin.queries.parameters import names_in
from demijohn.admin.queries.postgresql import read_postgresql
from demijohn.admin.queries.settings import SqlSettings
from demijohn.admin.queries.sqlite import read_sqlite
from demijohn.admin.words import gettext
from demijohn.database.base import db
from demijohn.state import state_of

CLOSED = "demijohn.admin.closed"
"""Where an application keeps what no query may read."""
IN_THE_LOG = 2_000
"""Characters of a query that nobody saved, as the log keeps it."""

Values = Mapping[str, str | None]


def settings_of(app: Flask) -> SqlSettings:
    section: SqlSettings = state_of(app).sections["admin"].sql  # type: ignore[attr-defined]
    return section


def url_of(app: Flask) -> sa.URL:
    """Where queries are read: the address in the settings, else the main database."""
    told = settings_of(app).url
    return db.engine.url if told is None else sa.make_url(told.get_secret_value())


def is_closed_in(app: Flask) -> IsClosed:
    if CLOSED not in app.extensions:
        app.extensions[CLOSED] = closed_columns(app)
    found: IsClosed = app.extensions[CLOSED]
    return found


def run(sql: str, values: Values, *, of: SavedQuery | None = None) -> Answer:
    """What the query answers, for whoever asks; who, which, how long and how many rows go to the log.

    Raises:
        QueryRefused: it was refused, or took too long.
    """
    about: dict[str, Any] = {"title": of.title} if of is not None else {"sql": sql[:IN_THE_LOG]}
    about |= {name: value for name, value in values.items() if value is not None}
    key = of.id if of is not None else None
    began = time.monotonic()
    try:
        answer = read(current_app._get_current_object(), sql, values)  # type: ignore[attr-defined]
    except QueryRefused as fault:
        note({**about, "milliseconds": since(began), "refused": str(fault)}, key)
        raise
    note({**about, "milliseconds": since(began), "rows": len(answer.rows)}, key)
    return answer


def read(app: Flask, sql: str, values: Values) -> Answer:
    section, url = settings_of(app), url_of(app)
    limits = Limits(seconds=section.seconds, rows=section.max_rows)
    bound = {name: values.get(name) for name in names_in(sql)}
    if "\x00" in sql or any("\x00" in value for value in bound.values() if value):
        raise QueryRefused(gettext("A query cannot hold the character NUL."))
    if url.get_backend_name() == "postgresql":
        return read_postgresql(url, sql, bound, limits=limits, is_closed=is_closed_in(app))
    if not url.database or url.database == ":memory:":
        raise QueryRefused(gettext("A database in memory cannot be queried."))
    return read_sqlite(url.database, sql, bound, limits=limits, is_closed=is_closed_in(app))


def since(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)


def note(changes: dict[str, Any], key: int | None) -> None:
    if has_audit():
        from demijohn.audit.log import record_once

        record_once("sql.run", table="admin_query", key=key, changes=changes)
