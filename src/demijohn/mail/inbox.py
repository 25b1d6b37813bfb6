"""Reads messages back from the outbox: for the development inbox and for tests, and for nobody else."""

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import undefer

from demijohn.database.base import db
from demijohn.mail.models import OutgoingMail
from demijohn.mail.sealing import opened


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that came with a message."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class InboxMessage:
    """One message in clear.

    Attributes:
        to: everybody it goes to, blind copies included.
        state: the outbox row's.
        raw: the whole message as the server gets it.
    """

    id: int
    at: datetime
    purpose: str
    state: str
    sender: str
    to: list[str]
    subject: str
    text: str
    html: str | None
    attachments: list[Attachment]
    headers: dict[str, str]
    raw: bytes


def messages(app: Flask, *, to: str | None = None) -> list[InboxMessage]:
    """Every committed message whose text is still kept, oldest first.

    Args:
        app: whose outbox.
        to: only those to this address.
    """
    found = [message for row in rows(app) if (message := in_clear(app, row)) is not None]
    return [message for message in found if to is None or to in message.to]


def message(app: Flask, message_id: int) -> InboxMessage | None:
    """One message; None if there is none, or its text was wiped."""
    found = rows(app, OutgoingMail.id == message_id)
    return in_clear(app, found[0]) if found else None


def rows(app: Flask, *where: sa.ColumnElement[bool]) -> list[OutgoingMail]:
    query = sa.select(OutgoingMail).options(undefer(OutgoingMail.body)).where(OutgoingMail.body.is_not(None), *where)
    with app.app_context():  # a session of its own: what a test has not committed is not there
        return list(db.session.scalars(query.order_by(OutgoingMail.id)))


def in_clear(app: Flask, row: OutgoingMail) -> InboxMessage | None:
    raw = opened(app, row.body)
    if raw is None:
        return None
    mail = message_from_bytes(raw, policy=default)
    return InboxMessage(
        id=row.id,
        at=row.created_at,
        purpose=row.purpose,
        state=row.state,
        sender=str(mail["From"]),
        to=[one["address"] for one in row.recipients],
        subject=str(mail["Subject"] or ""),
        text=body(mail, "plain") or "",
        html=body(mail, "html"),
        attachments=[attached(part) for part in mail.iter_attachments()],
        headers={name: str(value) for name, value in mail.items()},
        raw=raw,
    )


def body(mail: EmailMessage, form: str) -> str | None:
    part = mail.get_body((form,))
    if part is None:
        return None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def attached(part: Any) -> Attachment:
    content = part.get_content()
    data = content if isinstance(content, bytes) else str(content).encode()
    return Attachment(name=part.get_filename() or "", content_type=part.get_content_type(), data=data)
