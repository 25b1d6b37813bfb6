"""Deletes rows of throttles that say nothing any more; works where the database is off, and does nothing there."""

from flask import Flask

from demijohn.security.throttle import now_us
from demijohn.state import state_of


def prune(app: Flask) -> int:
    """Delete keys that are busy no longer, at most a thousand; returns how many."""
    if not state_of(app).has("database"):
        return 0
    from demijohn.database.pruning import delete_some
    from demijohn.security.models import TABLE

    return delete_some(TABLE, TABLE.c.busy_until_us <= now_us())


def free(app: Flask) -> int:
    """How many of them there are."""
    if not state_of(app).has("database"):
        return 0
    from demijohn.database.pruning import count
    from demijohn.security.models import TABLE

    return count(TABLE, TABLE.c.busy_until_us <= now_us())
