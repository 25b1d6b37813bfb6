"""Deletes files that no record holds: uploaded and never saved, or left between two states by a crash."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn.admin.uploads.folder import State
from demijohn.admin.uploads.store import files_of
from demijohn.contributions import Job
from demijohn.database.base import db
from demijohn.database.ownership import mapped_tables
from demijohn.database.uploads import Upload, holds

BATCH = 100


def over(app: Flask) -> Iterator[tuple[State, str]]:
    files = files_of(app)
    return files.notes.older_than(files.keep_hours * 3600)


def count(app: Flask) -> int:
    """How many files have waited long enough."""
    return sum(1 for _ in over(app))


def prune(app: Flask) -> int:
    """Look after at most a hundred: those that a record holds lose their note, the others are deleted."""
    files = files_of(app)
    found = list(islice(over(app), BATCH))
    for state, key in found:
        if not is_held(app, key):
            files.storage.delete(key)
        files.notes.remove(state, key)
    return len(found)


def is_held(app: Flask, key: str) -> bool:
    """Whether a record of this application holds the file."""
    return any(_has(column, key) for column in upload_columns(app))


def _has(column: Any, key: str) -> bool:
    engine = db.engines[column.table.info.get("bind_key")]
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.literal(1)).where(holds(column, key)).limit(1)) is not None


def upload_columns(app: Flask) -> list[Any]:
    """The columns of this application that hold files."""
    unmanaged, mapped = mapped_tables(app)
    tables = sorted(mapped | unmanaged, key=lambda table: table.name)
    return [column for table in tables for column in table.columns if isinstance(column.type, Upload)]


UPLOADS = Job(name="files that no record holds", run=prune, waiting=count, prunes=True)
