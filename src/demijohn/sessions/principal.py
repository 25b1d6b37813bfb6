"""One raw statement per request that asks: the session's row and, with accounts, the state of its user.

Nothing read here outlives the request. The statement runs on the driver's cursor, not through SQLAlchemy's execution
(a quarter of its time on SQLite), so SQLAlchemy's events do not see it; `echo` and query counters leave it out.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Flask, session
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from demijohn.database.base import db
from demijohn.sessions.models import TABLE

OWN = ("session_id", "user_id", "session_created_at", "session_last_seen_at", "session_expires_at", "remember", "data")
OWN_COLUMNS = (
    TABLE.c.id,
    TABLE.c.user_id,
    TABLE.c.created_at,
    TABLE.c.last_seen_at,
    TABLE.c.expires_at,
    TABLE.c.remember,
    TABLE.c.data,
)


class Lookup:
    """Finds a session's row by its digest; one per application.

    Attributes:
        user_table, user_columns: what auth joined; the row's names are the columns' keys.
    """

    def __init__(self) -> None:
        self.user_table: sa.Table | None = None
        self.user_columns: tuple[sa.Column[Any], ...] = ()
        self.compiled: dict[str, CompiledLookup] = {}

    def find(self, digest: str) -> Any | None:
        """The row, or None. Needs an application context; gives its connection back before it returns."""
        engine = db.engine
        compiled = self.compiled.get(engine.dialect.name)
        if compiled is None:
            compiled = self.compiled[engine.dialect.name] = CompiledLookup(self, engine.dialect)
        return compiled.row(fetch_one(engine, compiled.sql, compiled.parameters(digest)))

    def statement(self) -> sa.Select[Any]:
        found = sa.select(*OWN_COLUMNS, *self.user_columns).where(TABLE.c.digest == sa.bindparam("digest"))
        if self.user_table is None:
            return found
        return found.select_from(TABLE.outerjoin(self.user_table, self.user_table.c.id == TABLE.c.user_id))


class CompiledLookup:
    """The statement as one database's driver takes it, and how to read what comes back."""

    def __init__(self, lookup: Lookup, dialect: sa.Dialect) -> None:
        compiled = lookup.statement().compile(dialect=dialect)
        columns = (*OWN_COLUMNS, *lookup.user_columns)
        names = (*OWN, *(column.key for column in lookup.user_columns))
        self.sql = str(compiled)
        self.positional = bool(getattr(compiled, "positional", False))
        self.row_type = row_type(names)
        self.readers: tuple[Callable[[Any], Any] | None, ...] = tuple(
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        )

    def parameters(self, digest: str) -> Any:
        return (digest,) if self.positional else {"digest": digest}

    def row(self, values: Sequence[Any] | None) -> Any | None:
        if values is None:
            return None
        read = (reader(value) if reader else value for reader, value in zip(self.readers, values, strict=True))
        return self.row_type(*read)


def fetch_one(engine: sa.Engine, sql: str, parameters: Any) -> Sequence[Any] | None:
    """The first row of a read, outside any transaction."""
    if isinstance(engine.pool, (StaticPool, SingletonThreadPool)):  # SQLite in memory: one connection for everybody,
        shared = db.session.connection().exec_driver_sql(sql, parameters)  # giving it back would roll it back
        return shared.fetchone()
    fairy = engine.raw_connection()
    try:
        return run_on_driver(fairy, engine.dialect, sql, parameters)
    except engine.dialect.loaded_dbapi.Error as error:  # as SQLAlchemy would raise it, so that handlers know it
        fairy.invalidate(error)
        base = engine.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, parameters, error, base, hide_parameters=True, dialect=engine.dialect) from error
    finally:
        fairy.close()


def run_on_driver(fairy: Any, dialect: sa.Dialect, sql: str, parameters: Any) -> Sequence[Any] | None:
    """The first row, without a transaction where the driver lets us (it saves two of three round trips)."""
    driver: Any = fairy.driver_connection
    autocommit = dialect.driver == "psycopg"
    if autocommit:
        driver.autocommit = True
    cursor = fairy.cursor()
    try:
        cursor.execute(sql, parameters)
        row: Sequence[Any] | None = cursor.fetchone()
    finally:
        cursor.close()
        if autocommit and not driver.closed:
            driver.autocommit = False
    return row


def row_type(names: Sequence[str]) -> Any:
    return namedtuple("Principal", names)  # noqa: PYI024 - its fields depend on what auth joined


def lookup_of(app: Flask) -> Lookup:
    lookup: Lookup = app.extensions["demijohn.sessions"].lookup
    return lookup


def join_user(app: Flask, table: sa.Table, columns: Sequence[sa.Column[Any]]) -> None:
    """Read these columns of the user together with every session; `table.c.id` is matched with the session's user.

    The row of `current()` then has them under their keys, all None if the user is gone. A key may not be one of `OWN`.
    """
    lookup = lookup_of(app)
    taken = [column.key for column in columns if column.key in OWN]
    if taken:
        raise ValueError(f"columns {taken} would hide the session's own; leave them out.")
    lookup.user_table, lookup.user_columns = table, tuple(columns)
    lookup.compiled.clear()


def current() -> Any | None:
    """The row of this request's session, with the joined columns of its user; None for a stranger.

    Its fields are those of `OWN`, then the joined columns. Asking marks the session as read.
    """
    own = session._get_current_object()  # type: ignore[attr-defined]
    row: Any | None = getattr(own, "row", None)
    return row
