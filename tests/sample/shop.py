"""The models most tests use: an application as a project would write it."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model


class Status(StrEnum):
    DRAFT = "draft"
    PAID = "paid"


class Customer(Model):
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")

    def __str__(self) -> str:
        return self.name


class Order(Model):
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship(back_populates="orders")
    status: Mapped[Status] = mapped_column(default=Status.DRAFT)
    total: Mapped[Decimal]
    note: Mapped[str | None]
    placed_at: Mapped[dt.datetime | None]
