"""Models with everything that makes a dashboard stumble: odd keys, odd names, secrets, relations of every kind."""

import datetime as dt
import uuid
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model
from demijohn.database import LongText


class Grade(StrEnum):
    FINE = "fine-grained"
    ROUGH = "rough"


class Country(Model):
    """A key of text, which may hold a comma."""

    code: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    name: Mapped[str]


class Shelf(Model):
    """A key of two columns."""

    hall: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    remark: Mapped[str | None]


class Label(Model):
    name: Mapped[str] = mapped_column(unique=True)


gadget_label = sa.Table(
    "gadget_label",
    Model.metadata,
    sa.Column("gadget_id", ForeignKey("gadget.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("label_id", ForeignKey("label.id", ondelete="CASCADE"), primary_key=True),
)


class Gadget(Model):
    name: Mapped[str]
    serial: Mapped[str | None] = mapped_column(unique=True)
    grade: Mapped[Grade | None]
    is_sold: Mapped[bool] = mapped_column(default=False)
    is_checked: Mapped[bool | None]
    weight: Mapped[int | None]
    price: Mapped[Decimal | None]
    made_on: Mapped[dt.date | None]
    seen_at: Mapped[dt.datetime | None]
    opens_at: Mapped[dt.time | None]
    mark: Mapped[uuid.UUID | None]
    story: Mapped[LongText | None]
    api_key: Mapped[str | None]
    pin: Mapped[str | None]
    picture: Mapped[bytes | None]
    shown_token: Mapped[str | None] = mapped_column(info={"secret": False})
    country_code: Mapped[str | None] = mapped_column(ForeignKey("country.code"))
    country: Mapped[Country | None] = relationship()
    labels: Mapped[list[Label]] = relationship(secondary=gadget_label)


class Oddity(Model):
    """Column names that form libraries keep for themselves."""

    meta: Mapped[str | None]
    data: Mapped[str | None]
    errors: Mapped[str | None]
    process: Mapped[str | None]
    validate: Mapped[str | None]
    populate_obj: Mapped[str | None]


class Repair(Model):
    """A foreign key without a relationship."""

    gadget_id: Mapped[int] = mapped_column(ForeignKey("gadget.id"))
    cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
