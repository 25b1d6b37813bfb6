"""What a project's `migrations/env.py` runs: Alembic on this application's main database, under a lock, as a whole.

Every step of one command is one transaction, on SQLite too: the second of two failing revisions leaves nothing.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import Flask, current_app

from demijohn.database.base import Model, db
from demijohn.errors import SetupError
from demijohn.migrations.comparing import comparison
from demijohn.migrations.folders import section_of

LOCK = 0x64656D696A6F686E  # "demijohn" in bytes: PostgreSQL's advisory locks are named by a number
# What callers put into the attributes of Alembic's configuration: whether the command changes the database, what hears
# of each step applied, and what reviews the steps before they are written.
WRITES = "demijohn_writes"
REPORT = "demijohn_report"
REVIEW = "demijohn_review"


def run() -> None:
    """Run the steps Alembic was asked for."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if context.is_offline_mode():
        context.configure(dialect_name=db.engine.dialect.name, target_metadata=Model.metadata, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    with prepared(app, writes=bool(context.config.attributes.get(WRITES))) as connection:
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            transactional_ddl=True,
            transaction_per_migration=False,
            render_as_batch=True,
            on_version_apply=context.config.attributes.get(REPORT),
            process_revision_directives=context.config.attributes.get(REVIEW),
            **comparison(app),
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def prepared(app: Flask, *, writes: bool) -> Iterator[sa.Connection]:
    """A connection for one transaction; with the lock that lets one upgrade run at a time if it writes."""
    engine = db.engine
    if not writes:
        with engine.connect() as connection:
            yield connection
    elif engine.dialect.name == "sqlite":
        with whole_on_sqlite(engine, wait_seconds=section_of(app).lock_wait_seconds) as connection:
            yield connection
    else:
        # Alembic begins the transaction itself: only then may a revision leave it (`autocommit_block`).
        with alone_on_postgres(engine, wait_seconds=section_of(app).lock_wait_seconds), engine.connect() as connection:
            yield connection


@contextmanager
def whole_on_sqlite(engine: sa.Engine, *, wait_seconds: float) -> Iterator[sa.Connection]:
    """The write lock from the first statement on, foreign keys unchecked until the end.

    Alembic rebuilds a table to change it. With foreign keys on, dropping the old one deletes the rows that refer to
    it with ON DELETE CASCADE, silently; SQLite ignores the switch inside a transaction, so it is turned before.
    """
    with engine.connect().execution_options(sqlite_immediate=True) as connection:
        raw: Any = connection.connection.dbapi_connection
        wait_before = raw.execute("PRAGMA busy_timeout").fetchone()[0]
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute(f"PRAGMA busy_timeout={int(wait_seconds * 1000)}")
        try:
            with connection.begin():
                connection.execute(sa.text("SELECT 1"))  # takes the lock
                yield connection
                refuse_broken_references(raw)
        finally:
            raw.execute(f"PRAGMA busy_timeout={wait_before}")
            raw.execute("PRAGMA foreign_keys=ON")


def refuse_broken_references(raw: Any) -> None:
    broken = raw.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        table, row, parent, _ = broken[0]
        raise SetupError(
            f"{len(broken)} rows would refer to nothing, the first in {table} (row {row}) to {parent}. "
            "Nothing was changed.",
            fix="correct the revision, or the rows, and run `flask db upgrade` again.",
        )


@contextmanager
def alone_on_postgres(engine: sa.Engine, *, wait_seconds: float) -> Iterator[None]:
    """An advisory lock on a connection of its own, so that a revision may commit in between.

    Asked for again and again rather than waited for: the wait would count as one for a table lock.
    """
    give_up_at = time.monotonic() + wait_seconds
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        while not guard.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))):
            if time.monotonic() > give_up_at:
                raise SetupError(
                    f"another upgrade of this database has run for more than {wait_seconds:g} seconds.",
                    fix="wait for it to end, then run `flask db upgrade` again.",
                )
            time.sleep(0.1)
        try:
            yield
        finally:
            guard.execute(sa.select(sa.func.pg_advisory_unlock(LOCK)))
