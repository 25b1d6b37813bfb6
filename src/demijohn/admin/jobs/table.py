"""The table of jobs: claim, beat, settle, stop, give up. Each in a short transaction of the caller's."""

from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask

from demijohn import clock
from demijohn.admin.jobs.models import AdminJob
from demijohn.database.base import db

TABLE = cast("sa.Table", AdminJob.__table__)
COLUMNS = TABLE.c

LEASE_SECONDS = 60.0
"""How long a process may be silent before its work counts as interrupted; our choice."""

OPEN = ("queued", "running")
LEFT_ALONE = "The server stopped while this was running"


def engine_of(app: Flask) -> sa.Engine:
    """The engine of the table's database."""
    with app.app_context():
        return db.engine


def is_stale() -> sa.ColumnElement[bool]:
    before = clock.now() - timedelta(seconds=LEASE_SECONDS)
    return sa.and_(COLUMNS.state == "running", COLUMNS.heartbeat_at < before)


def has_work(connection: sa.Connection) -> bool:
    """Whether anything is queued or was left alone: a plain SELECT, so that an idle process takes no write lock."""
    wanted = sa.or_(COLUMNS.state == "queued", is_stale())
    return connection.execute(sa.select(COLUMNS.id).where(wanted).limit(1)).first() is not None


def claim(connection: sa.Connection, who: str) -> Any:
    """Take the oldest queued job for this process in one statement; None if there is none."""
    now = clock.now()
    oldest = sa.select(COLUMNS.id).where(COLUMNS.state == "queued").order_by(COLUMNS.id).limit(1)
    if connection.dialect.name != "sqlite":
        oldest = oldest.with_for_update(skip_locked=True)
    values = {"state": "running", "lease": who, "started_at": now, "heartbeat_at": now, "ended_at": None}
    statement = TABLE.update().where(COLUMNS.id == oldest.scalar_subquery(), COLUMNS.state == "queued").values(values)
    return connection.execute(statement.returning(*COLUMNS)).first()


def is_mine(job_id: int, who: str) -> sa.ColumnElement[bool]:
    return sa.and_(COLUMNS.id == job_id, COLUMNS.lease == who, COLUMNS.state == "running")


def beat(connection: sa.Connection, job_id: int, who: str, **values: Any) -> bool | None:
    """Say that the work goes on, and how far it is; whether it is to stop, None if it is no longer this process's."""
    statement = TABLE.update().where(is_mine(job_id, who)).values(heartbeat_at=clock.now(), **values)
    row = connection.execute(statement.returning(COLUMNS.wants_cancel)).first()
    return None if row is None else bool(row.wants_cancel)


def settle(connection: sa.Connection, job_id: int, who: str, **values: Any) -> bool:
    """Write down how it ended; false if it was no longer this process's."""
    statement = TABLE.update().where(is_mine(job_id, who)).values(lease=None, ended_at=clock.now(), **values)
    return bool(connection.execute(statement).rowcount)


def give_up_stale(connection: sa.Connection) -> int:
    """Call interrupted what no process has been heard of; how many jobs."""
    rows = connection.execute(sa.select(COLUMNS.id, COLUMNS.done, COLUMNS.total).where(is_stale())).all()
    for row in rows:
        values = {"state": "interrupted", "lease": None, "ended_at": clock.now()}
        message = f"{LEFT_ALONE}{how_far(row.done, row.total)}."
        connection.execute(TABLE.update().where(COLUMNS.id == row.id, is_stale()).values(message=message, **values))
    return len(rows)


def how_far(done: int, total: int | None) -> str:
    """`, at 12,000 of 50,000`, as the end of a sentence."""
    if total is None:
        return f", at {done:,}" if done else ""
    return f", at {done:,} of {total:,}"


def cancel(connection: sa.Connection, job_id: int) -> bool:
    """Take a queued job off the queue, or ask a running one to stop; false if it had ended."""
    now = clock.now()
    queued = TABLE.update().where(COLUMNS.id == job_id, COLUMNS.state == "queued")
    ended = {"state": "cancelled", "ended_at": now, "message": "Cancelled before it began."}
    if connection.execute(queued.values(ended)).rowcount:
        return True
    running = TABLE.update().where(COLUMNS.id == job_id, COLUMNS.state == "running")
    return bool(connection.execute(running.values(wants_cancel=True)).rowcount)


def queue_again(connection: sa.Connection, job_id: int, *, goes_on: bool) -> bool:
    """Queue a job that ended early: from where it stopped, or from the start; false if it did not end early."""
    ended = ("interrupted", "failed", "cancelled")
    values: dict[str, Any] = {"state": "queued", "wants_cancel": False, "ended_at": None, "message": "", "lease": None}
    if not goes_on:
        values |= {"done": 0, "kept": {}, "result_url": None}
    statement = TABLE.update().where(COLUMNS.id == job_id, COLUMNS.state.in_(ended)).values(values)
    return bool(connection.execute(statement).rowcount)
