"""Does the batteries' jobs now and then: a thread in each serving process, never in a request.

No thread is started at import, in `create_app`, in commands or in tests; each process starts its own after a fork.
"""

import atexit
import logging
import os
import random
import threading
import time
from collections.abc import Sequence

from flask import Flask, request

from demijohn.contributions import Job
from demijohn.state import state_of

KEY = "demijohn.housekeeping"
FIRST_WITHIN_SECONDS = 60.0
"""A process that starts leaves its first requests alone, and processes that start together do not look together."""
EXIT_SECONDS = 5.0

log = logging.getLogger(__name__)


def add_housekeeping(app: Flask, who: str) -> None:
    """Let serving processes do the jobs, if `who` is `server`."""
    keeper = Keeper(app, jobs_of(app))
    app.extensions[KEY] = keeper
    if who == "server" and keeper.jobs:
        app.before_request(keeper.look)


def jobs_of(app: Flask) -> list[Job]:
    return [job for _, job in state_of(app).contributed("jobs")]


def is_served(app: Flask) -> bool:
    """Whether the current request came through a server, not from a test client."""
    environ = request.environ
    return not app.testing and ("SERVER_SOFTWARE" in environ or "uwsgi.version" in environ)


class Keeper:
    """Decides when this process's thread starts."""

    def __init__(self, app: Flask, jobs: Sequence[Job], *, first_within_seconds: float = FIRST_WITHIN_SECONDS) -> None:
        self.app = app
        self.jobs = jobs
        self.first_within_seconds = first_within_seconds
        self.threads: dict[int, Rounds] = {}

    def look(self) -> None:
        """With a process's first request: start its thread."""
        pid = os.getpid()
        if pid in self.threads or not is_served(self.app):
            return
        rounds = Rounds(self)
        if self.threads.setdefault(pid, rounds) is rounds:  # the dictionary's own atomicity is the lock
            rounds.start()

    def close(self) -> None:
        """Stop this process's thread, if there is one."""
        rounds = self.threads.get(os.getpid())
        if rounds is not None:
            rounds.close()


class Rounds:
    """The thread of one process."""

    def __init__(self, keeper: Keeper) -> None:
        self.app = keeper.app
        self.jobs = keeper.jobs
        self.first_within_seconds = keeper.first_within_seconds
        self.stop = threading.Event()
        self.complained: set[str] = set()
        self.thread = threading.Thread(target=self.run, name="demijohn-housekeeping", daemon=True)

    def start(self) -> None:
        self.thread.start()
        atexit.register(self.close)

    def run(self) -> None:
        began = time.monotonic()
        due = {
            job.name: began + random.uniform(0, min(job.every_seconds, self.first_within_seconds))  # noqa: S311
            for job in self.jobs
        }
        while not self.stop.wait(max(0.0, min(due.values()) - time.monotonic())):
            for job in self.jobs:
                if due[job.name] <= time.monotonic() and not self.stop.is_set():
                    self.do(job)
                    due[job.name] = time.monotonic() + job.every_seconds * random.uniform(0.9, 1.1)  # noqa: S311

    def do(self, job: Job) -> None:
        """All batches of a job; what fails is logged the first time, and tried again when its time comes round."""
        try:
            with self.app.app_context():
                while not self.stop.is_set() and job.run(self.app):
                    pass
            self.complained.discard(job.name)
        except Exception as error:
            if job.name not in self.complained:
                self.app.logger.exception("housekeeping: %s failed (%s)", job.name, type(error).__name__)
            self.complained.add(job.name)

    def close(self) -> None:
        """Stop after the batch that is running; called when the process ends."""
        self.stop.set()
        if self.thread.ident is not None:
            self.thread.join(EXIT_SECONDS)
        atexit.unregister(self.close)
