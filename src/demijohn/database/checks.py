"""What `flask check` asks about the databases."""

import os
import re
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import ForeignKey, Table

from demijohn.contributions import Problem
from demijohn.database.base import db
from demijohn.database.ownership import battery_of, mapped_tables
from demijohn.database.settings import DatabaseSettings
from demijohn.state import state_of

THREADS = re.compile(r"--threads[= ](\d+)")


def check_pool(app: Flask) -> Iterator[Problem]:
    """The pool has a connection for every thread of the server."""
    section = state_of(app).sections["database"]
    assert isinstance(section, DatabaseSettings)  # noqa: S101 - narrows the type
    said = THREADS.search(os.environ.get("GUNICORN_CMD_ARGS", ""))
    room = section.pool_size + section.max_overflow
    if said and int(said[1]) > room:
        yield Problem(
            id="database.W001",
            level="warning",
            text=f"the server runs {said[1]} threads, but a process has {room} database connections at most.",
            fix=f"set FLASK_DATABASE__POOL_SIZE={said[1]}, or run fewer threads.",
        )


def check_foreign_keys(app: Flask) -> Iterator[Problem]:
    """Every foreign key of the application points to a table that will be there."""
    unmanaged, mapped = mapped_tables(app)
    for table in sorted(mapped - unmanaged, key=lambda table: table.name):
        for key in sorted(table.foreign_keys, key=lambda key: key.target_fullname):
            yield from problem_of(app, table, key)


def problem_of(app: Flask, table: Table, key: ForeignKey) -> Iterator[Problem]:
    target = table.metadata.tables.get(key.target_fullname.rpartition(".")[0])
    column = f"{table.name}.{key.parent.name}"
    if target is None:
        yield Problem(
            id="database.E002",
            level="error",
            text=f"{column} refers to {key.target_fullname}, a table no model makes.",
            fix="import the model of that table before create_app, or correct the name.",
        )
        return
    owner = battery_of(target)
    if owner is not None and not state_of(app).has(owner):
        yield Problem(
            id="database.E001",
            level="error",
            text=f"{column} refers to {key.target_fullname}, a table of {owner!r}, which is off.",
            fix=f"set FLASK_FEATURES__{owner.upper()}=true, or make {column} a plain integer.",
        )


def check_one_host(app: Flask) -> Iterator[Problem]:
    """SQLite is one file on one machine."""
    with app.app_context():
        if state_of(app).environment == "production" and db.engine.dialect.name == "sqlite":
            yield Problem(
                id="database.I001",
                level="info",
                text="the main database is SQLite: one machine only, and the file must not lie on a network drive.",
                fix="set DATABASE_URL=postgresql://… before you add a second machine; until then nothing.",
            )
