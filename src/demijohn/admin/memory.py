"""Whether a table of ours holds anything at all: until it does, pages do not ask it for every person."""

import time

import sqlalchemy as sa
from flask import Flask

from demijohn.database.base import db

LOOKS_AGAIN_SECONDS = 60.0


class Memory:
    """What is known of one table.

    The first row of all may be noticed a minute late by other processes; from then on every page asks.
    """

    def __init__(self, model: type) -> None:
        self.model = model
        self.has_some = False
        self.asked_at = -LOOKS_AGAIN_SECONDS

    def asks(self) -> bool:
        """Whether there may be rows."""
        if not self.has_some and time.monotonic() - self.asked_at >= LOOKS_AGAIN_SECONDS:
            self.asked_at = time.monotonic()
            self.has_some = db.session.scalar(sa.select(sa.literal(1)).select_from(self.model).limit(1)) is not None
        return self.has_some


def memory_of(app: Flask, model: type) -> Memory:
    """The application's memory of a model's table."""
    known: dict[type, Memory] = app.extensions.setdefault("demijohn.admin.memory", {})
    return known.setdefault(model, Memory(model))
