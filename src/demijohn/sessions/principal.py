"""One raw statement per request that asks: the session's row and, with accounts, the state of its user.

Nothing read here outlives the request. The statement runs on the driver's cursor, not through SQLAlchemy's execution
(a quarter of its time on SQLite), so SQLAlchemy's events do not see it; `echo` and query counters leave it out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, session
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from demijohn.database.base import db
from demijohn.sessions.models import TABLE

OWN_COLUMNS = (
    TABLE.c.id,
    TABLE.c.user_id,
    TABLE.c.created_at,
    TABLE.c.last_seen_at,
    TABLE.c.expires_at,
    TABLE.c.remember,
    TABLE.c.data,
)


@dataclass(slots=True)
class Principal:
    """A session as it was read, and whose it is.

    Attributes:
        data: Flask's tagged JSON, as stored.
        user: the joined columns by their keys; None without accounts, or if the user is gone. `row.is_active` is
            short for `row.user["is_active"]`, and None if there is no user.
    """

    session_id: int
    user_id: int | None
    session_created_at: datetime
    session_last_seen_at: datetime
    session_expires_at: datetime
    remember: bool
    data: str
    user: Mapping[str, Any] | None
    keys: tuple[str, ...]

    def __getattr__(self, key: str) -> Any:
        if key not in self.keys:
            raise AttributeError(f"the session's row has no {key!r}; join_user was given {', '.join(self.keys)}.")
        return None if self.user is None else self.user[key]


class Lookup:
    """Finds a session's row by its digest; one per application.

    Attributes:
        user_table, user_columns: what auth joined; the row's names are the columns' keys.
    """

    def __init__(self) -> None:
        self.user_table: sa.Table | None = None
        self.user_columns: tuple[sa.Column[Any], ...] = ()
        self.compiled: dict[str, CompiledLookup] = {}

    def find(self, digest: str) -> Principal | None:
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
        self.keys = tuple(str(column.key) for column in lookup.user_columns)
        self.sql = str(compiled)
        self.positional = bool(getattr(compiled, "positional", False))
        self.readers: tuple[Callable[[Any], Any] | None, ...] = tuple(
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        )

    def parameters(self, digest: str) -> Any:
        return (digest,) if self.positional else {"digest": digest}

    def row(self, values: Sequence[Any] | None) -> Principal | None:
        if values is None:
            return None
        read = [reader(value) if reader else value for reader, value in zip(self.readers, values, strict=True)]
        own, joined = read[: len(OWN_COLUMNS)], read[len(OWN_COLUMNS) :]
        is_there = any(value is not None for value in joined)
        user = dict(zip(self.keys, joined, strict=True)) if is_there else None
        return Principal(*[*own, user, self.keys])


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


def lookup_of(app: Flask) -> Lookup:
    lookup: Lookup = app.extensions["demijohn.sessions"].lookup
    return lookup


def join_user(app: Flask, table: sa.Table, columns: Sequence[sa.Column[Any]]) -> None:
    """Read these columns of the user together with every session; `table.c.id` is matched with the session's user."""
    lookup = lookup_of(app)
    lookup.user_table, lookup.user_columns = table, tuple(columns)
    lookup.compiled.clear()


def current() -> Principal | None:
    """The row of this request's session and its user's columns; None for a stranger, and once signed in or out.

    Asking marks the session as read.
    """
    own = session._get_current_object()  # type: ignore[attr-defined]
    row: Principal | None = getattr(own, "row", None)
    return row
