"""Decides who delivers: a thread in a serving process, the command itself at its end, or nobody.

No thread is started at import, in `create_app`, in commands or in tests; each process starts its own after a fork.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable

import click
import sqlalchemy as sa
from flask import Flask, has_request_context
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from demijohn.database.base import db
from demijohn.housekeeping import is_served
from demijohn.mail.backends import Backend
from demijohn.mail.delivery import Round, Tally
from demijohn.mail.outbox import engine_of, has_waiting
from demijohn.mail.settings import MailSettings

MARK = "demijohn.mail.uncommitted"
EXIT_SECONDS = 5.0


class Postman:
    """Sends one application's outbox."""

    def __init__(self, app: Flask, section: MailSettings, backend: Backend) -> None:
        self.app = app
        self.section = section
        self.backend = backend
        self.threads: dict[int, Deliverer] = {}

    def new_round(self) -> Round:
        return Round(self.app, engine_of(self.app), self.section, self.backend)

    def watch_commit(self) -> None:
        """Start delivery once the current session commits."""
        session = db.session()
        if MARK not in session.info:
            event.listen(session, "after_commit", self.after_commit)
            event.listen(session, "after_rollback", forget)
        session.info[MARK] = True

    def after_commit(self, session: Session) -> None:
        session.info[MARK] = False
        if self.section.sender == "none" or not self.backend.delivers:
            return
        if has_request_context():
            if is_served(self.app):
                self.thread().wake_up()
        else:
            self.deliver_at_end_of_command()

    def thread(self) -> "Deliverer":
        """This process's thread; the dictionary's own atomicity is the lock, so nothing is held across a fork."""
        return self.threads.setdefault(os.getpid(), Deliverer(self))

    def look_once(self) -> None:
        """With a process's first request: go on with what an earlier process left behind."""
        pid = os.getpid()
        if pid in self.threads or self.section.sender == "none" or not self.backend.delivers or not is_served(self.app):
            return
        threading.Thread(target=self.thread().start_if_waiting, name="demijohn-mail-look", daemon=True).start()

    def deliver_at_end_of_command(self) -> None:
        command = click.get_current_context(silent=True)
        if command is None:
            return
        root = command.find_root()
        key = f"{MARK}.{id(self)}"
        if key not in root.meta:
            root.meta[key] = True
            root.call_on_close(self.deliver_now)

    def deliver_now(self) -> None:
        """Send what is due for a limited time; the rest is left to the server."""
        ends = time.monotonic() + self.section.command_seconds
        tally = Tally()
        current = self.new_round()
        try:
            tally = current.run(lambda: time.monotonic() >= ends)
        except SQLAlchemyError as error:
            click.echo(f"Mail: the outbox cannot be read ({type(error).__name__}).", err=True)
        if tally.later:
            click.echo("Mail: not delivered yet; it waits in the outbox. See: flask mail outbox", err=True)
        if tally.failed:
            click.echo("Mail: refused by the server. See: flask mail outbox", err=True)

    def warn_of_uncommitted(self, error: BaseException | None) -> None:
        """Say that a message was put into the outbox and never committed, which means it is never sent."""
        if error is None and db.session.registry.has() and db.session().info.get(MARK):
            self.app.logger.warning(
                "a message was handed over and never committed, so it is not sent: db.session.commit()"
            )


def forget(session: Session) -> None:
    session.info[MARK] = False


class Deliverer:
    """The thread of one process: sends when woken, and looks by itself for what other processes left."""

    def __init__(self, postman: Postman) -> None:
        self.postman = postman
        self.lock = threading.Lock()
        self.wake = threading.Event()
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None
        self.current: Round | None = None
        self.complained = False

    def wake_up(self) -> None:
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="demijohn-mail", daemon=True)
                self.thread.start()
                atexit.register(self.close)
        self.wake.set()

    def start_if_waiting(self) -> None:
        if self.guarded(lambda: has_anything(engine_of(self.postman.app))):
            self.wake_up()

    def run(self) -> None:
        while not self.stop.is_set():
            self.wake.clear()
            self.guarded(self.one_round)
            self.wake.wait(self.postman.section.poll_seconds)

    def one_round(self) -> bool:
        self.current = self.postman.new_round()
        self.current.run(self.stop.is_set)
        self.complained = False
        return True

    def guarded(self, work: Callable[[], bool]) -> bool:
        """The answer, or False when it fails: a thread that dies would stop all mail. The first failure is logged."""
        try:
            return work()
        except Exception as error:
            if not self.complained:
                self.postman.app.logger.exception("mail: the outbox cannot be delivered (%s)", type(error).__name__)
            self.complained = True
            return False

    def close(self, timeout_seconds: float = EXIT_SECONDS) -> None:
        """Stop, and give back what is still held; called when the process ends."""
        self.stop.set()
        self.wake.set()
        if self.thread is None or self.thread.ident is None:
            return
        self.thread.join(timeout_seconds)
        atexit.unregister(self.close)
        if self.current is not None and self.thread.is_alive():
            self.guarded(lambda: bool(self.current and self.current.give_back()))


def has_anything(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return has_waiting(connection)
