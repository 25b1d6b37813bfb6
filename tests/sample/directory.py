"""Columns of every format, and records that are only marked when deleted."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import Model
from demijohn.database import LongText, SoftDeleted


class Currency(StrEnum):
    EUR = "EUR"
    CHF = "CHF"


class Contact(Model):
    __tablename__ = "directory_contact"

    name: Mapped[str] = mapped_column(sa.String(80))
    email: Mapped[str | None]
    work_email: Mapped[str | None] = mapped_column(info={"format": "email"})
    website: Mapped[str | None]
    shop: Mapped[str | None] = mapped_column(info={"format": "url"})
    phone: Mapped[str | None] = mapped_column(info={"format": "phone"})
    colour: Mapped[str | None] = mapped_column(sa.String(7), info={"format": "color"})
    fee: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 2), info={"format": "money", "currency": "EUR"})
    credit: Mapped[Decimal | None] = mapped_column(
        sa.Numeric(12, 2), info={"format": "money", "currency_from": "currency"}
    )
    currency: Mapped[Currency] = mapped_column(default=Currency.CHF)
    about: Mapped[LongText | None] = mapped_column(info={"format": "markdown"})
    motto: Mapped[str | None] = mapped_column(sa.String(2000))
    settings: Mapped[Any | None] = mapped_column(sa.JSON)

    def __str__(self) -> str:
        return self.name


class Leaflet(SoftDeleted, Model):
    __tablename__ = "directory_leaflet"

    title: Mapped[str] = mapped_column(sa.String(80))

    def __str__(self) -> str:
        return self.title
