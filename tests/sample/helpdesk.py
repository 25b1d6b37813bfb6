"""A help desk whose agents see their own tickets: scopes on plain, related, inherited and composite models."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model
from demijohn.auth import scope


class Client(Model):
    """Seen by the agent who looks after it."""

    name: Mapped[str]
    agent_id: Mapped[int | None]
    debt: Mapped[Decimal | None]


ticket_topic = sa.Table(
    "ticket_topic",
    Model.metadata,
    sa.Column("ticket_id", ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("topic_id", ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True),
)


class Topic(Model):
    """Seen by everybody but for internal ones."""

    name: Mapped[str]
    is_internal: Mapped[bool] = mapped_column(default=False)


class Ticket(Model):
    """Seen by its agent; visits and complaints are tickets."""

    kind: Mapped[str] = mapped_column(sa.String(20), default="ticket")
    title: Mapped[str]
    agent_id: Mapped[int | None]
    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    client: Mapped[Client | None] = relationship(foreign_keys=client_id)
    backup_id: Mapped[int | None] = mapped_column(ForeignKey("client.id", name="fk_ticket_backup"))
    backup: Mapped[Client | None] = relationship(foreign_keys=backup_id)
    topics: Mapped[list[Topic]] = relationship(secondary=ticket_topic)
    parts: Mapped[list["Part"]] = relationship(back_populates="ticket", cascade="all, delete-orphan")
    budget: Mapped[Decimal | None]
    priority: Mapped[int | None]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "ticket"}


class Complaint(Ticket):
    """In the ticket's own table."""

    __mapper_args__ = {"polymorphic_identity": "complaint"}


class Visit(Ticket):
    """In a table of its own."""

    id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    place: Mapped[str] = mapped_column(default="")
    __mapper_args__ = {"polymorphic_identity": "visit"}


class Part(Model):
    """A line of a ticket; secret ones are for nobody but superusers."""

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    ticket: Mapped[Ticket] = relationship(back_populates="parts")
    name: Mapped[str]
    is_secret: Mapped[bool] = mapped_column(default=False)


class Desk(Model):
    """A key of two columns."""

    room: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int | None]


class Asset(Model):
    """Seen by everybody, but for the children that have scopes."""

    kind: Mapped[str] = mapped_column(sa.String(20), default="asset")
    name: Mapped[str]
    agent_id: Mapped[int | None]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "asset"}


class Laptop(Asset):
    """A child with a scope and a table."""

    id: Mapped[int] = mapped_column(ForeignKey("asset.id"), primary_key=True)
    is_public: Mapped[bool | None]
    __mapper_args__ = {"polymorphic_identity": "laptop"}


class Phone(Asset):
    """A child with a scope in its parent's table."""

    __mapper_args__ = {"polymorphic_identity": "phone"}


@scope(Client)
def clients_looked_after(user: Any) -> Any:
    return Client.agent_id == user.id


@scope(Topic)
def open_topics(user: Any) -> Any:
    return sa.not_(Topic.is_internal)


@scope(Ticket)
def own_tickets(user: Any) -> Any:
    return Ticket.agent_id == user.id


@scope(Part)
def parts_of_own_tickets(user: Any) -> Any:
    return sa.and_(Part.is_secret.is_(False), Part.ticket.has(Ticket.agent_id == user.id))


@scope(Desk)
def own_desk(user: Any) -> Any:
    return Desk.agent_id == user.id


@scope(Laptop)
def public_laptops(user: Any) -> Any:
    return Laptop.is_public


@scope(Phone)
def own_phones(user: Any) -> Any:
    return Phone.agent_id == user.id
