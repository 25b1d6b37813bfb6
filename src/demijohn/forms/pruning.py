"""Deletes rows of forms that were sent; works where the database is off, and does nothing there."""

from flask import Flask

from demijohn import clock
from demijohn.state import state_of


def prune(app: Flask) -> int:
    """Delete sendings whose time is over, at most a thousand; returns how many."""
    if not state_of(app).has("database"):
        return 0
    from demijohn.database.pruning import delete_some
    from demijohn.forms.models import TABLE

    return delete_some(TABLE, TABLE.c.until_s <= int(clock.now().timestamp()))


def over(app: Flask) -> int:
    """How many of them there are."""
    if not state_of(app).has("database"):
        return 0
    from demijohn.database.pruning import count
    from demijohn.forms.models import TABLE

    return count(TABLE, TABLE.c.until_s <= int(clock.now().timestamp()))
