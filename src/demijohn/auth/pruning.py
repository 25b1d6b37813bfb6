"""Deletes what has expired and works no more: mailed tokens, trusted devices, secrets used up."""

import sqlalchemy as sa
from flask import Flask

from demijohn import clock
from demijohn.auth.factors.models import TrustedDevice
from demijohn.auth.models import OneTimeToken, SpentOnce
from demijohn.database.pruning import count, delete_some

TABLES: tuple[sa.Table, ...] = tuple(
    model.metadata.tables[model.__tablename__] for model in (OneTimeToken, SpentOnce, TrustedDevice)
)


def prune(app: Flask) -> int:
    """Delete rows that have expired, at most a thousand of each table; returns how many."""
    del app
    return sum(delete_some(table, is_over(table)) for table in TABLES)


def expired(app: Flask) -> int:
    """How many of them there are."""
    del app
    return sum(count(table, is_over(table)) for table in TABLES)


def is_over(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.expires_at <= clock.now()
