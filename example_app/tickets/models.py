"""Tickets with their notes, tags and attached files."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, ForeignKey, Index, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model
from demijohn.clock import now
from demijohn.database import LongText, StoredFile, Timestamped, Upload
from example_app.models import Customer, Order, User


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketState(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


ticket_tag = Table(
    "ticket_tag",
    Model.metadata,
    Column("ticket_id", ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Tag(Model):
    name: Mapped[str] = mapped_column(unique=True)

    def __str__(self) -> str:
        return self.name


class Ticket(Timestamped, Model):
    __table_args__ = (Index(None, "state", "opened_at"),)

    subject: Mapped[str] = mapped_column(index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    customer: Mapped[Customer] = relationship()
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id", ondelete="SET NULL"), index=True)
    order: Mapped[Order | None] = relationship()
    state: Mapped[TicketState] = mapped_column(default=TicketState.OPEN)
    priority: Mapped[Priority] = mapped_column(default=Priority.NORMAL)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    solved_at: Mapped[datetime | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    assignee: Mapped[User | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=ticket_tag)
    notes: Mapped[list["TicketNote"]] = relationship(
        back_populates="ticket", cascade="all, delete-orphan", order_by="TicketNote.id"
    )
    attachments: Mapped[list["Attachment"]] = relationship(back_populates="ticket", cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.subject


class TicketNote(Timestamped, Model):
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    ticket: Mapped[Ticket] = relationship(back_populates="notes")
    body: Mapped[LongText]
    is_internal: Mapped[bool] = mapped_column(default=False)

    def __str__(self) -> str:
        return self.body if len(self.body) <= 60 else f"{self.body[:59]}…"


class Attachment(Model):
    """A file that a customer sent."""

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    ticket: Mapped[Ticket] = relationship(back_populates="attachments")
    file: Mapped[StoredFile] = mapped_column(Upload())

    def __str__(self) -> str:
        return self.file.name
