"""The application of the readme, and what an editor knows about it."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import assert_type

from flask import Flask
from pydantic import Field
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

import demijohn
from demijohn import Model, can, create_app, current_user, db, login_required, permission_required
from demijohn.database import LongText, Timestamped
from demijohn.section import Section


class Status(StrEnum):
    DRAFT = "draft"
    PAID = "paid"


class Customer(Timestamped, Model):
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    notes: Mapped[LongText | None]


class Order(Model):
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()
    status: Mapped[Status] = mapped_column(default=Status.DRAFT)
    total: Mapped[Decimal]


class Billing(Section):
    limit: int = Field(default=10, description="Invoices a day (count).")


class Settings(demijohn.Settings):
    invoice_prefix: str = Field(default="SO-", description="What an invoice number begins with.")
    billing: Billing = Field(default_factory=Billing)


app = create_app(__name__, Settings(invoice_prefix="A-"))
assert_type(app, Flask)
assert_type(Customer.id, InstrumentedAttribute[int])


@app.get("/orders")
@login_required
def orders() -> list[str]:
    rows = db.session.scalars(select(Order)).all()
    assert_type(rows, Sequence[Order])
    return [order.customer.name for order in rows]


@app.get("/secret")
@permission_required("order.edit")
def secret() -> dict[str, bool]:
    return {"you can": can(current_user, "order.edit")}
