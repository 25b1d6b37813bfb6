"""The SQLite profile: readers never wait, writers queue, and the same code is right on PostgreSQL.

A transaction that has only read lets its snapshot go and takes the write lock (waiting for it) at its first write,
savepoint or FOR UPDATE. Beginning every transaction IMMEDIATE would make readers wait for writers; beginning deferred
and writing later fails at once when another has written in between.
"""

import re
import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from demijohn.database.decimals import guard_bare_decimals

READ = re.compile(
    r"\s*(?:SELECT|PRAGMA|EXPLAIN|VALUES|WITH(?!.*\b(?:INSERT|UPDATE|DELETE|REPLACE)\b))", re.IGNORECASE | re.DOTALL
)
WRITES = "demijohn_writes"


def apply_sqlite_profile(engine: sa.Engine, *, lock_wait_seconds: float) -> None:
    """Listen on this engine alone; other engines of the process stay as they are."""
    guard_bare_decimals(engine)
    event.listen(engine, "connect", on_connect(lock_wait_seconds))
    event.listen(engine, "begin", on_begin)
    event.listen(engine, "before_cursor_execute", on_shared_execute if is_memory(engine.url) else on_execute)


def is_memory(url: sa.URL) -> bool:
    """Whether the database lives in one connection's memory (shared by all threads)."""
    name = url.database or ""
    return name in {"", ":memory:"} or name.startswith("file::memory:") or url.query.get("mode") == "memory"


def on_connect(lock_wait_seconds: float) -> Any:
    def connect(dbapi: Any, record: Any) -> None:
        del record
        dbapi.isolation_level = None  # the driver begins nothing by itself
        for pragma in (
            f"busy_timeout={int(lock_wait_seconds * 1000)}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            dbapi.execute(f"PRAGMA {pragma}").close()

    return connect


def on_begin(connection: sa.Connection) -> None:
    connection.connection.info[WRITES] = False
    if not is_autocommit(connection):
        connection.connection.dbapi_connection.isolation_level = None  # type: ignore[union-attr]  # AUTOCOMMIT leaves "" in the pool


def on_execute(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
    """Begin a read at the first read, and the write lock at the first statement that needs it."""
    _, context, _ = rest  # parameters, context, executemany
    raw, info = cursor.connection, connection.connection.info
    if info.get(WRITES) or not connection.in_transaction() or is_autocommit(connection):
        return
    if only_reads(connection, statement, context):
        if not raw.in_transaction and not is_pragma(statement):
            cursor.execute("BEGIN")
        return
    if raw.in_transaction:
        cursor.execute("COMMIT")  # it has only read
    take_write_lock(cursor)
    info[WRITES] = True


def take_write_lock(cursor: Any) -> None:
    """Wait for the lock; the error as SQLAlchemy's own, which its releases before 2.1 do not make of a listener's."""
    try:
        cursor.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as locked:
        raise sa.exc.OperationalError("BEGIN IMMEDIATE", None, locked) from locked


def on_shared_execute(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
    """A memory database is one connection for everybody: nobody to wait for, and no transaction to let go."""
    del rest
    if not cursor.connection.in_transaction and not is_autocommit(connection) and not is_pragma(statement):
        cursor.execute("BEGIN")


def only_reads(connection: Any, statement: str, context: Any) -> bool:
    if not READ.match(statement) or connection.get_execution_options().get("sqlite_immediate"):
        return False
    compiled = getattr(context, "compiled", None)
    return getattr(getattr(compiled, "statement", None), "_for_update_arg", None) is None


def holds_write_lock(session: Session) -> bool:
    """Whether this session's transaction has written, so that on SQLite nobody else can write until it ends."""
    if not session.in_transaction() or session.get_bind().dialect.name != "sqlite":
        return False
    return bool(session.connection().connection.info.get(WRITES))


def is_autocommit(connection: sa.Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def is_pragma(statement: str) -> bool:
    return statement.lstrip()[:6].upper() == "PRAGMA"
