"""A small back office: customers and their orders."""

from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model, create_app


class Status(StrEnum):
    DRAFT = "draft"
    PAID = "paid"


class Customer(Model):
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)


class Order(Model):
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()
    status: Mapped[Status] = mapped_column(default=Status.DRAFT)
    total: Mapped[Decimal]


app = create_app(__name__)
