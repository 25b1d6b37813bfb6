"""Decides who does the work: a thread in a serving process, and nobody in commands or tests.

No thread is started at import, in `create_app` or before a fork; each process starts its own after the first job that
it queues, or with its first request if an earlier process left something.
"""

import atexit
import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask, has_request_context
from sqlalchemy import event
from sqlalchemy.orm import Session

from demijohn.admin.jobs.table import LEASE_SECONDS, beat, claim, engine_of, give_up_stale, has_work, how_far, settle
from demijohn.admin.jobs.work import CancelledError, ProcessEndsError, TakenOverError, Work, never
from demijohn.admin.words import gettext
from demijohn.auth.guards import Refused
from demijohn.database.base import db
from demijohn.housekeeping import is_served

KEY = "demijohn.admin.jobs"
MARK = "demijohn.admin.jobs.queued"
POLL_SECONDS = 15.0
EXIT_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A named function for slow work.

    Attributes:
        name: dotted, such as `admin.export`.
        run: does it; asks for the owner's permission itself, because that may have changed since it was queued.
        goes_on: whether a run that ended early can go on from what it wrote down with `work.keep`.
        can_repeat: whether a run that ended early may be started again.
    """

    name: str
    run: Callable[[Work], None]
    goes_on: bool = False
    can_repeat: bool = True


def jobs_of(app: Any) -> "Jobs":
    """The background work of this application."""
    found: Jobs = app.extensions[KEY]
    return found


class Jobs:
    """One application's kinds of job, and who does them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.kinds: dict[str, JobKind] = {}
        self.threads: dict[int, Worker] = {}

    def add(self, kind: JobKind) -> None:
        """Make a kind known; the later one of a name counts."""
        self.kinds[kind.name] = kind

    def watch_commit(self) -> None:
        """Start the work once the current session commits."""
        session = db.session()
        if MARK not in session.info:
            event.listen(session, "after_commit", self.after_commit)
            event.listen(session, "after_rollback", forget)
        session.info[MARK] = True

    def after_commit(self, session: Session) -> None:
        was_queued, session.info[MARK] = session.info.get(MARK), False
        if was_queued and has_request_context() and is_served(self.app):
            self.thread().wake_up()

    def thread(self) -> "Worker":
        """This process's thread; the dictionary's own atomicity is the lock, so nothing is held across a fork."""
        return self.threads.setdefault(os.getpid(), Worker(self))

    def look_once(self) -> None:
        """With a process's first request: go on with what an earlier process left behind."""
        if os.getpid() in self.threads or not is_served(self.app):
            return
        threading.Thread(target=self.thread().start_if_waiting, name="demijohn-jobs-look", daemon=True).start()

    def run_waiting(self, should_stop: Callable[[], bool] = never) -> int:
        """Do everything that is queued, here and now; how many jobs that were. Tests call this."""
        engine, who, count = engine_of(self.app), secrets.token_hex(16), 0
        with engine.connect() as connection:
            if not has_work(connection):
                return 0
        with engine.begin() as connection:
            give_up_stale(connection)
        while not should_stop() and self.run_next(engine, who, should_stop):
            count += 1
        return count

    def run_next(self, engine: sa.Engine, who: str, should_stop: Callable[[], bool]) -> bool:
        with engine.begin() as connection:
            row = claim(connection, who)
        if row is None:
            return False
        work = Work(self.app, engine, row, who=who, should_stop=should_stop)
        with heart(engine, row.id, who, beats=should_stop is not never):
            state, message = self.outcome(work)
        if state:
            self.write_outcome(work, state, message)
        return True

    def outcome(self, work: Work) -> tuple[str, str]:
        """Do it; how it ended and what to tell the owner, nothing if another process took it over."""
        try:
            with work.context:
                work.renew()
                self.kind_of(work).run(work)
        except TakenOverError:
            self.app.logger.warning("job %s: another process took it over", work.id)
            return "", ""
        except CancelledError:
            return "cancelled", f"Cancelled{how_far(work.done, work.total)}."
        except ProcessEndsError:
            return "interrupted", f"The server stopped while this was running{how_far(work.done, work.total)}."
        except Refused as refused:
            return "failed", str(refused)
        except Exception:
            self.app.logger.exception("job %s (%s) failed", work.id, work.row.kind)
            return (
                "failed",
                f"Something went wrong{how_far(work.done, work.total)}. The log has more under job {work.id}.",
            )
        return "done", work.message

    def kind_of(self, work: Work) -> JobKind:
        kind = self.kinds.get(work.row.kind)
        if kind is None:
            raise Refused(gettext("This version of the application does not know such work any more."))
        return kind

    def write_outcome(self, work: Work, state: str, message: str) -> None:
        values = {"state": state, "message": message, "done": work.done, "total": work.total, "kept": work.kept}
        result = {"result_url": work.result_url, "result_label": work.result_label}
        with work.engine.begin() as connection:
            settle(connection, work.id, work.who, **values, **result)


def forget(session: Session) -> None:
    session.info[MARK] = False


@contextlib.contextmanager
def heart(engine: sa.Engine, job_id: int, who: str, *, beats: bool) -> Iterator[None]:
    """Say now and then that the work goes on, though its function be silent for long."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(LEASE_SECONDS / 4):
            with contextlib.suppress(sa.exc.SQLAlchemyError), engine.begin() as connection:
                beat(connection, job_id, who)

    thread = threading.Thread(target=run, name="demijohn-jobs-heart", daemon=True)
    if beats:
        thread.start()
    try:
        yield
    finally:
        stop.set()


class Worker:
    """The thread of one process: works when woken, and looks by itself for what other processes left."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.lock = threading.Lock()
        self.wake = threading.Event()
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None
        self.complained = False

    def wake_up(self) -> None:
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="demijohn-jobs", daemon=True)
                self.thread.start()
                atexit.register(self.close)
        self.wake.set()

    def start_if_waiting(self) -> None:
        if self.guarded(self.is_waited_for):
            self.wake_up()

    def is_waited_for(self) -> bool:
        with engine_of(self.jobs.app).connect() as connection:
            return has_work(connection)

    def run(self) -> None:
        while not self.stop.is_set():
            self.wake.clear()
            self.guarded(self.one_round)
            self.wake.wait(POLL_SECONDS)

    def one_round(self) -> bool:
        self.jobs.run_waiting(self.stop.is_set)
        self.complained = False
        return True

    def guarded(self, work: Callable[[], bool]) -> bool:
        """The answer, or False when it fails: a thread that dies would stop all work. The first failure is logged."""
        try:
            return work()
        except Exception as error:
            if not self.complained:
                self.jobs.app.logger.exception("jobs: the queue cannot be read (%s)", type(error).__name__)
            self.complained = True
            return False

    def close(self) -> None:
        """Stop at the next step and write down how far it is; called when the process ends."""
        self.stop.set()
        self.wake.set()
        if self.thread is not None and self.thread.ident is not None:
            self.thread.join(EXIT_SECONDS)
        atexit.unregister(self.close)
