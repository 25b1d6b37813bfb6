"""A limit on how long statements may take, for searches and figures that nobody should wait for."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

QUERY_CANCELED = "57014"
"""PostgreSQL's error code (its manual, appendix A)."""
STEPS = 2_000
"""Instructions of SQLite's machine between two looks at the clock; our choice, well under a millisecond."""


@contextmanager
def time_limit(connection: sa.Connection, *, seconds: float) -> Iterator[None]:
    """Break statements on this connection off once so much time has passed.

    What is broken off raises a `DBAPIError` that `was_cut_off` knows; roll back after it. On PostgreSQL each statement
    has the whole time, on SQLite all of them together; other databases are left alone.
    """
    begin = {"postgresql": limit_postgresql, "sqlite": limit_sqlite}.get(connection.dialect.name)
    if begin is None:
        yield
        return
    with begin(connection, seconds):
        yield


@contextmanager
def limit_postgresql(connection: sa.Connection, seconds: float) -> Iterator[None]:
    before = connection.scalar(sa.text("SELECT current_setting('statement_timeout')"))
    set_to = sa.text("SELECT set_config('statement_timeout', :limit, true)")
    connection.execute(set_to, {"limit": f"{max(1, int(seconds * 1_000))}ms"})
    yield
    connection.execute(set_to, {"limit": before})


@contextmanager
def limit_sqlite(connection: sa.Connection, seconds: float) -> Iterator[None]:
    driver: Any = connection.connection.dbapi_connection
    end = time.monotonic() + seconds
    driver.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def was_cut_off(error: BaseException) -> bool:
    """Whether a statement ended because its time was up."""
    if not isinstance(error, DBAPIError):
        return False
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        return original.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
    return getattr(original, "sqlstate", None) == QUERY_CANCELED
