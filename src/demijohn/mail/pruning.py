"""Deletes messages that were sent, failed or given up, once they were listed long enough."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from demijohn import clock
from demijohn.database.pruning import count, delete_some
from demijohn.mail.outbox import TABLE
from demijohn.mail.state import mail_of


def prune(app: Flask) -> int:
    """Delete messages done with, at most a thousand; returns how many."""
    del app
    return delete_some(TABLE, is_over())


def done(app: Flask) -> int:
    """How many of them there are."""
    del app
    return count(TABLE, is_over())


def is_over() -> sa.ColumnElement[bool]:
    before = clock.now() - timedelta(days=mail_of().section.keep_days)
    return sa.and_(TABLE.c.state != "waiting", TABLE.c.lease.is_(None), TABLE.c.created_at < before)
