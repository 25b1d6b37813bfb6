"""OutgoingMail: a message on its way. Its text is encrypted, and wiped once it was delivered or is past its time."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import clock
from demijohn.database.base import Model
from demijohn.database.types import LongText
from demijohn.mail.rules import Recipient


class OutgoingMail(Model):
    """One message, for all of its recipients.

    Attributes:
        purpose: what it is for, such as `auth.reset`; `message` if nobody said.
        sender: the envelope's From, where refusals go.
        subject: as people may see it in lists, without anything that looks like a token.
        recipients: each with its own state and the server's last answer.
        body: the whole message (RFC 5322), sealed; None once wiped.
        state: `waiting`, `sent`, `failed` (somebody was refused for good, or too many tries) or `expired`.
        due_at: when to try next; while a process holds the lease, when that ends.
        lease: the process that is sending it now.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        sa.Index("ix_outgoing_mail_state_due_at", "state", "due_at"),
        {"info": {"battery": "mail", "audit": False}},
    )

    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    purpose: Mapped[str] = mapped_column(sa.String(64))
    sender: Mapped[str] = mapped_column(sa.String(320))
    recipients: Mapped[list[Recipient]] = mapped_column(sa.JSON)
    subject: Mapped[str]
    message_id: Mapped[str] = mapped_column(sa.String(320))
    body: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)
    state: Mapped[str] = mapped_column(sa.String(16), default="waiting")
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    lease: Mapped[str | None] = mapped_column(sa.String(64))
    sent_at: Mapped[datetime | None]
    last_answer: Mapped[LongText] = mapped_column(default="")

    @property
    def addresses(self) -> str:
        """The recipients in words."""
        return ", ".join(one["address"] for one in self.recipients)

    def __str__(self) -> str:
        return f"{self.subject} to {self.addresses}"
