"""Reads that find one row by one value, run raw on the driver's cursor.

Not through SQLAlchemy's execution (a quarter of the time on SQLite), so SQLAlchemy's events do not see them; `echo` and
query counters leave them out.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import SingletonThreadPool, StaticPool

from demijohn.database.base import db


class OneRow:
    """A statement with the one parameter `value`, compiled once for each kind of database.

    Args:
        statement: called when it is compiled, so that it may be completed until the first read.
    """

    def __init__(self, statement: Callable[[], sa.Select[Any]]) -> None:
        self.statement = statement
        self.compiled: dict[str, Compiled] = {}

    def find(self, value: Any) -> list[Any] | None:
        """The first row. Needs an application context; gives its connection back before it returns."""
        engine = db.engine
        compiled = self.compiled.get(engine.dialect.name)
        if compiled is None:
            compiled = self.compiled[engine.dialect.name] = Compiled(self.statement(), engine.dialect)
        return compiled.row(fetch_one(engine, compiled.sql, compiled.parameters(value)))


class Compiled:
    """The statement as one database's driver takes it, and how to read what comes back."""

    def __init__(self, statement: sa.Select[Any], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self.positional = bool(getattr(compiled, "positional", False))
        self.readers: tuple[Callable[[Any], Any] | None, ...] = tuple(
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in statement.selected_columns
        )

    def parameters(self, value: Any) -> Any:
        return (value,) if self.positional else {"value": value}

    def row(self, values: Sequence[Any] | None) -> list[Any] | None:
        if values is None:
            return None
        return [reader(value) if reader else value for reader, value in zip(self.readers, values, strict=True)]


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
