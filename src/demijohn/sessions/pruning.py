"""Deletes sessions that have ended."""

import sqlalchemy as sa
from flask import Flask

from demijohn import clock
from demijohn.database.pruning import count, delete_some
from demijohn.sessions.models import TABLE


def prune(app: Flask) -> int:
    """Delete sessions that have ended, at most a thousand; returns how many."""
    del app
    return delete_some(TABLE, is_over())


def ended(app: Flask) -> int:
    """How many sessions have ended and are still there."""
    del app
    return count(TABLE, is_over())


def is_over() -> sa.ColumnElement[bool]:
    return TABLE.c.expires_at < clock.now()
