"""Deletes whole seals with their entries from the beginning of the chain, once they are older than the retention.

First a seal is added that says so, signed like any other, then rows are deleted seal by seal: whoever stops in between
leaves a log that verifies, and the next round goes on. What is deleted is checked before: retention must not wipe the
traces of somebody who edited the log.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from demijohn import clock
from demijohn.audit.context import KEY, Audit
from demijohn.audit.entries import insert, row_of
from demijohn.audit.models import ENTRIES, SEALS
from demijohn.audit.reading import SPANS_AT_ONCE, Values, newest_seal, snapshot
from demijohn.audit.sealing import LostKeyError, append
from demijohn.audit.signing import is_own_seal, seal_hash
from demijohn.audit.verifying import Verification
from demijohn.database.base import db

BATCH = 1_000


class BrokenLogError(RuntimeError):
    """The part of the log that is due does not hold together, so it stays for somebody to look at."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """The seals at the beginning that are due: up to which, and how many entries they hold."""

    last: Values
    entries: int


def prune(app: Flask) -> int:
    """Delete the entries of some seals that are due, about a thousand; returns how many, 0 if none is left.

    Raises:
        BrokenLogError: somebody edited what is due, or the chain.
        LostKeyError: the newest seal is not this application's.
    """
    deleted = delete_dropped()
    if deleted:
        return deleted
    before = cutoff(app)
    return delete_dropped() if before is not None and drop(app, before) else 0


def waiting(app: Flask) -> int:
    """How many entries are due."""
    before = cutoff(app)
    with db.engine.connect() as connection:
        left = connection.scalar(sa.select(sa.func.sum(SEALS.c.count)).where(SEALS.c.number <= dropped_to(connection)))
        due = find_due(connection, before) if before is not None else None
    return int(left or 0) + (due.entries if due else 0)


def cutoff(app: Flask) -> datetime | None:
    """Seals made before this are due; None if everything is kept. It moves once a day, and so does the chain's end."""
    audit: Audit = app.extensions[KEY]
    days = audit.section.retention_days
    if days is None:
        return None
    return (clock.now() - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)


def dropped_to(connection: sa.Connection) -> int:
    pruned = newest_seal(connection, "pruned")
    return 0 if pruned is None else int(pruned["facts"]["through"])


def find_due(connection: sa.Connection, before: datetime) -> Due | None:
    """What is due and not dropped yet: every seal before the first young one."""
    done = dropped_to(connection)
    young = connection.scalar(sa.select(sa.func.min(SEALS.c.number)).where(SEALS.c.at >= before, SEALS.c.number > done))
    due = [SEALS.c.number > done, *([SEALS.c.number < young] if young is not None else [])]
    last = connection.execute(sa.select(SEALS).where(*due).order_by(SEALS.c.number.desc()).limit(1)).first()
    entries = connection.scalar(sa.select(sa.func.sum(SEALS.c.count)).where(*due))
    return Due(last=last._asdict(), entries=int(entries)) if last is not None and entries else None


def drop(app: Flask, before: datetime) -> bool:
    """Say in the chain and in the log what is dropped; False if nothing is due or another process was quicker."""
    try:
        with snapshot(db.engine) as connection:  # another process may be deleting what is read here
            newest = newest_seal(connection)  # first: whoever adds a seal from here on makes ours fail
            due = find_due(connection, before)
            if due is None:
                return False
            if newest is None or not is_own_seal(app, newest):
                raise LostKeyError("the newest seal was not made with a key of this application.")
            refuse_broken(app, connection, due)
            told = {"entries": due.entries, "through_seal": due.last["number"], "before": before.isoformat()}
            insert(connection, [row_of(app.extensions[KEY], "audit.pruned", table=None, key=None, changes=told)])
            append(app, connection, newest, kind="pruned", rows=[], facts=facts_of(connection, due))
    except IntegrityError:
        return False
    return True


def refuse_broken(app: Flask, connection: sa.Connection, due: Due) -> None:
    check = Verification(app, connection, last=due.last["number"])
    check.check_chain()
    if check.report.fault_count:
        raise BrokenLogError("the audit log does not hold together, so nothing of it is deleted.")


def facts_of(connection: sa.Connection, due: Due) -> dict[str, Any]:
    before = newest_seal(connection, "pruned")
    dropped = due.entries + (before["facts"]["dropped"] if before else 0)
    return {"through": due.last["number"], "hash": seal_hash(due.last), "dropped": dropped}


def delete_dropped() -> int:
    """Delete dropped seals with their entries, oldest first; how many entries that were."""
    deleted = 0
    while deleted < BATCH:
        with db.engine.begin() as connection:
            wanted = sa.select(SEALS).where(SEALS.c.number <= dropped_to(connection))
            oldest = connection.execute(wanted.order_by(SEALS.c.number).limit(1)).first()
            if oldest is None:
                break
            mine = connection.execute(sa.delete(SEALS).where(SEALS.c.number == oldest.number)).rowcount
            deleted += delete_entries(connection, oldest.ids) if mine else 0
    return deleted


def delete_entries(connection: sa.Connection, spans: list[list[int]]) -> int:
    deleted = 0
    for start in range(0, len(spans), SPANS_AT_ONCE):
        some = sa.or_(*(ENTRIES.c.id.between(first, last) for first, last in spans[start : start + SPANS_AT_ONCE]))
        deleted += connection.execute(sa.delete(ENTRIES).where(some)).rowcount
    return deleted
