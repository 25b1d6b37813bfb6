"""Deletes rows that have had their time, some at once, in a short transaction of its own."""

import sqlalchemy as sa

from demijohn.database.base import db

BATCH = 1_000


def delete_some(table: sa.Table, over: sa.ColumnElement[bool], *, batch: int = BATCH) -> int:
    """Delete rows for which `over` holds, at most `batch`; returns how many. Two at once take different rows."""
    key = next(iter(table.primary_key))
    some = sa.select(key).where(over).limit(batch)
    if db.engine.dialect.name != "sqlite":
        some = some.with_for_update(skip_locked=True)
    with db.engine.begin() as connection:
        found = connection.scalars(some).all()
        return connection.execute(table.delete().where(key.in_(found), over)).rowcount if found else 0


def count(table: sa.Table, over: sa.ColumnElement[bool]) -> int:
    """How many rows there are for which `over` holds."""
    with db.engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(table).where(over)) or 0
