"""The outbox table: put in, claim, settle, give back, wipe.

Everything but `put_in` works on connections of its own, in short transactions that are over before anything is sent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask, current_app

from demijohn import clock
from demijohn.database.base import db
from demijohn.mail.compose import Parcel
from demijohn.mail.models import OutgoingMail
from demijohn.mail.rules import Answer, after_answers, masked, wait_after
from demijohn.mail.sealing import sealed
from demijohn.mail.settings import MailSettings

TABLE = cast("sa.Table", OutgoingMail.__table__)
COLUMNS = TABLE.c


def put_in(parcel: Parcel, section: MailSettings, *, purpose: str, expires_at: datetime | None) -> OutgoingMail:
    """Add the message to `db.session`: it is sent if the caller commits, and never if not."""
    now = clock.now()
    row = OutgoingMail(
        created_at=now,
        purpose=purpose,
        sender=parcel.sender,
        recipients=[{"address": address, "state": "waiting", "answer": ""} for address in parcel.recipients],
        subject=masked(parcel.subject)[:255],
        message_id=parcel.message_id,
        body=sealed(current_app._get_current_object(), parcel.raw),  # type: ignore[attr-defined]
        due_at=now,
        expires_at=min(expires_at or datetime.max.replace(tzinfo=now.tzinfo), now + lifetime(section)),
    )
    db.session.add(row)
    return row


def lifetime(section: MailSettings) -> timedelta:
    return timedelta(seconds=section.expires_seconds)


def has_work(connection: sa.Connection) -> bool:
    """Whether anything is due or to be wiped: a plain SELECT, so that an idle process takes no write lock."""
    now = clock.now()
    due = sa.and_(COLUMNS.state == "waiting", COLUMNS.due_at <= now)
    query = sa.select(COLUMNS.id).where(sa.or_(due, past_its_time(now))).limit(1)
    return connection.execute(query).first() is not None


def has_waiting(connection: sa.Connection) -> bool:
    """Whether anything is on its way at all, be it due later or leased by somebody."""
    return connection.execute(sa.select(COLUMNS.id).where(COLUMNS.state == "waiting").limit(1)).first() is not None


def past_its_time(now: datetime) -> sa.ColumnElement[bool]:
    nobody_sends = sa.or_(COLUMNS.lease.is_(None), COLUMNS.due_at <= now)
    return sa.and_(COLUMNS.body.is_not(None), COLUMNS.expires_at <= now, nobody_sends)


def wipe(connection: sa.Connection) -> int:
    """Give up what is past its time and wipe its text; the number of messages."""
    state = sa.case((COLUMNS.state == "waiting", "expired"), else_=COLUMNS.state)
    statement = TABLE.update().where(past_its_time(clock.now())).values(body=None, lease=None, state=state)
    return connection.execute(statement).rowcount


def claim(connection: sa.Connection, who: str, section: MailSettings) -> Any:
    """Take the next due message for this sender in one statement; None if there is none.

    Nobody else takes it until the lease ends.
    """
    now = clock.now()
    due = (
        sa.select(COLUMNS.id)
        .where(COLUMNS.state == "waiting", COLUMNS.due_at <= now, COLUMNS.expires_at > now)
        .order_by(COLUMNS.due_at, COLUMNS.id)
        .limit(1)
    )
    if connection.dialect.name != "sqlite":
        due = due.with_for_update(skip_locked=True)
    lease_ends = now + timedelta(seconds=section.lease_seconds)
    statement = (
        TABLE.update()
        .where(COLUMNS.id == due.scalar_subquery())
        .values(lease=who, due_at=lease_ends, tries=COLUMNS.tries + 1)
        .returning(*COLUMNS)
    )
    return connection.execute(statement).first()


def settle(
    connection: sa.Connection, row: Any, answers: dict[str, Answer], section: MailSettings, *, keeps_text: bool
) -> str | None:
    """Write down what the server answered; the new state, or None if the lease was lost to another sender."""
    recipients, state = after_answers(row.recipients, answers, is_last_try=row.tries >= section.max_tries)
    now = clock.now()
    values: dict[str, Any] = {"recipients": recipients, "state": state, "lease": None, "last_answer": said(answers)}
    if state == "sent":
        values |= {"sent_at": now} | ({} if keeps_text else {"body": None})
    elif state == "waiting":
        values["due_at"] = now + wait_after(row.tries, timedelta(seconds=section.retry_seconds))
    statement = TABLE.update().where(COLUMNS.id == row.id, COLUMNS.lease == row.lease).values(values)
    return state if connection.execute(statement).rowcount else None


def said(answers: dict[str, Answer]) -> str:
    return "; ".join(dict.fromkeys(answer.text for answer in answers.values() if answer.text))


def give_back(connection: sa.Connection, who: str) -> int:
    """Let others send what this sender still holds, now; the number of messages."""
    mine = sa.and_(COLUMNS.lease == who, COLUMNS.state == "waiting")
    return connection.execute(TABLE.update().where(mine).values(lease=None, due_at=clock.now())).rowcount


def try_again(connection: sa.Connection, ids: Sequence[int] = ()) -> list[int]:
    """Make failed and waiting messages due now, these or all; the ids of those that were.

    Recipients that were refused are tried again; those that have it are not.
    """
    now = clock.now()
    query = sa.select(COLUMNS.id, COLUMNS.recipients).where(
        COLUMNS.state.in_(["failed", "waiting"]),
        COLUMNS.body.is_not(None),
        COLUMNS.expires_at > now,
        sa.or_(COLUMNS.lease.is_(None), COLUMNS.due_at <= now),
    )
    if ids:
        query = query.where(COLUMNS.id.in_(ids))
    rows = connection.execute(query.with_for_update()).all()
    for row in rows:
        recipients = [{**one, "state": "sent" if one["state"] == "sent" else "waiting"} for one in row.recipients]
        values = {"recipients": recipients, "state": "waiting", "due_at": now, "tries": 0, "lease": None}
        connection.execute(TABLE.update().where(COLUMNS.id == row.id).values(values))
    return [row.id for row in rows]


def engine_of(app: Flask) -> sa.Engine:
    """The engine of the outbox's database."""
    with app.app_context():
        return db.engine
