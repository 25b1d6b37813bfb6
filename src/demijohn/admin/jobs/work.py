"""Work: what a job's function gets in its hand to say how far it is and to hear that it should stop."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn.admin.jobs.table import beat
from demijohn.admin.words import gettext
from demijohn.auth.access import can, current_user
from demijohn.auth.factors.policy import refuses_account
from demijohn.auth.guards import Refused
from demijohn.auth.login import work_as
from demijohn.auth.models import user_class
from demijohn.auth.permissions import ADMIN_ACCESS
from demijohn.database.base import db
from demijohn.database.sqlite import holds_write_lock
from demijohn.state import state_of

WRITE_EVERY_SECONDS = 1.0
CHANNEL = "demijohn.audit.channel"


class StoppedError(Exception):
    """The work is to end here."""


class CancelledError(StoppedError):
    """Its owner asked for that."""


class ProcessEndsError(StoppedError):
    """The serving process ends."""


class TakenOverError(StoppedError):
    """It is no longer this process's to do."""


def never() -> bool:
    return False


class Work:
    """One run of a job, in a context of its own where `current_user` is the owner.

    Attributes:
        arguments: what the job was queued with.
        kept: what an earlier run wrote down with `keep`.
        done, total: how far it is.
        message, result_url, result_label: what its owner reads in the end.
    """

    def __init__(self, app: Flask, engine: sa.Engine, row: Any, *, who: str, should_stop: Callable[[], bool]) -> None:
        self.app = app
        self.engine = engine
        self.id: int = row.id
        self.arguments: dict[str, Any] = row.arguments
        self.kept: dict[str, Any] = dict(row.kept or {})
        self.done: int = row.done
        self.total: int | None = row.total
        self.message = ""
        self.result_url: str | None = None
        self.result_label = ""
        self.row = row
        self.who = who
        self.should_stop = should_stop
        self.context = contextlib.ExitStack()
        self.last_write = 0.0

    def step(self, count: int = 1) -> None:
        """Count this many more as done; call it outside of a transaction that writes.

        Raises:
            StoppedError: the work is to stop here; leave it to pass through.
        """
        self.done += count
        self.look()

    def look(self) -> None:
        """Hear whether to stop, and write down how far it is, at most once a second.

        Raises:
            StoppedError: the work is to stop here.
        """
        if self.should_stop():
            raise ProcessEndsError
        if time.monotonic() - self.last_write >= WRITE_EVERY_SECONDS and not holds_write_lock(db.session()):
            self.write()

    def say(self, message: str) -> None:
        """Tell the owner what is being done."""
        self.message = message

    def keep(self, **values: Any) -> None:
        """Write down where to go on from, at once."""
        self.kept = {**self.kept, **values}
        self.write(kept=self.kept)

    def write(self, **more: Any) -> None:
        self.last_write = time.monotonic()
        values = {"done": self.done, "total": self.total, "message": self.message, **more}
        with self.engine.begin() as connection:
            wants_cancel = beat(connection, self.id, self.who, **values)
        if wants_cancel is None:
            raise TakenOverError
        if wants_cancel:
            raise CancelledError

    def renew(self) -> None:
        """Begin a new context, in which everything about the owner is asked afresh; commit before.

        Raises:
            Refused: the owner may not work here any more.
        """
        self.context.close()
        self.context.enter_context(acting_for(self.app, self.row, is_served=self.should_stop is not never))


@contextlib.contextmanager
def acting_for(app: Flask, row: Any, *, is_served: bool) -> Iterator[None]:
    """A context like a request's, in which the job's owner acts and the audit's channel is `job`.

    `request.args` are those of the job's argument `query`, if it has one.

    Raises:
        Refused: there is no such person any more, or they may not use the dashboard.
    """
    environ = {CHANNEL: "job", **({"SERVER_SOFTWARE": "demijohn-jobs"} if is_served else {})}
    base_url = state_of(app).public_url or "http://localhost"
    query = row.arguments.get("query", "")
    with app.test_request_context("/", query_string=query, base_url=base_url, environ_overrides=environ):
        person = db.session.get(user_class(), row.owner_id)
        if person is None or not person.is_active or refuses_account(person):
            raise Refused(gettext("The account it was asked from may not sign in any more."))
        work_as(person, label=row.actor or person.email, actor_id=row.actor_id)
        if not can(current_user, ADMIN_ACCESS):
            raise Refused(gettext("The account it was asked from may not use the dashboard any more."))
        yield
