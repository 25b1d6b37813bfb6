"""What is done to every engine of an application, and to no other engine of the process."""

import os
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

from demijohn.database.postgres import apply_postgres_profile
from demijohn.database.settings import DatabaseSettings
from demijohn.database.sqlite import apply_sqlite_profile, is_memory


def prepare_engine(engine: sa.Engine, app: Flask) -> sa.Engine:
    """The engine with our listeners on it."""
    wait = lock_wait_seconds(app)
    if engine.dialect.name == "sqlite":
        apply_sqlite_profile(engine, lock_wait_seconds=wait)
    elif engine.dialect.driver == "psycopg":
        apply_postgres_profile(engine, lock_wait_seconds=wait)
    if not (engine.dialect.name == "sqlite" and is_memory(engine.url)):
        forget_connections_after_fork(engine)
    return engine


def lock_wait_seconds(app: Flask) -> float:
    state = app.extensions.get("demijohn")
    section = state.sections.get("database") if state else None
    return section.lock_wait_seconds if isinstance(section, DatabaseSettings) else DatabaseSettings().lock_wait_seconds


def forget_connections_after_fork(engine: sa.Engine) -> None:
    """A child process never uses, nor closes, a connection its parent opened.

    Asked at each checkout rather than by `os.register_at_fork`, which is for the whole process and for ever.
    """
    abandoned: list[Any] = []  # kept, because closing one would speak on the parent's line

    def connect(dbapi: Any, record: Any) -> None:
        del dbapi
        record.info["pid"] = os.getpid()

    def checkout(dbapi: Any, record: Any, proxy: Any) -> None:
        if record.info["pid"] != os.getpid():
            abandoned.append(dbapi)
            record.dbapi_connection = proxy.dbapi_connection = None
            raise DisconnectionError("a connection of the parent process")

    event.listen(engine, "connect", connect)
    event.listen(engine, "checkout", checkout)
