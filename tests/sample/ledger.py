"""Accounts of a bank: fields that not everybody sees or sets."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model
from demijohn.auth import scope


class Holder(Model):
    city: Mapped[str]
    name: Mapped[str]

    def __str__(self) -> str:
        return f"Holder {self.id}"


class Ledger(Model):
    title: Mapped[str]
    iban: Mapped[str | None]
    limit: Mapped[int | None]
    margin: Mapped[int | None]
    remark: Mapped[str | None]
    holder_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id"))
    holder: Mapped[Holder | None] = relationship(foreign_keys=holder_id)
    surety_id: Mapped[int | None] = mapped_column(ForeignKey("holder.id", name="fk_ledger_surety"))
    surety: Mapped[Holder | None] = relationship(foreign_keys=surety_id)
    bookings: Mapped[list["Booking"]] = relationship(back_populates="ledger", cascade="all, delete-orphan")


class Booking(Model):
    text: Mapped[str]
    fee: Mapped[int | None]
    ledger_id: Mapped[int] = mapped_column(ForeignKey("ledger.id"))
    ledger: Mapped[Ledger] = relationship(back_populates="bookings")


class SavingsLedger(Ledger):
    """In a table of its own."""

    id: Mapped[int] = mapped_column(ForeignKey("ledger.id"), primary_key=True)
    rate: Mapped[int | None]


def is_boss(user: Any) -> bool:
    return bool(user.email.startswith("boss"))


scope.field(Holder.name, view="holder.name")
scope.field(Ledger.iban, view="ledger.iban")
scope.field(Ledger.limit, edit="ledger.limit")
scope.field(Ledger.margin, view=is_boss)
scope.field(Ledger.remark, view=False)
scope.field(Ledger.surety, view="ledger.surety")
scope.field(Booking.fee, edit="booking.fee")
