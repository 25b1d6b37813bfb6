"""The benchmark's application on demijohn, with the defaults it ships."""

from decimal import Decimal
from enum import StrEnum

from flask import Flask
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model, Settings, db
from demijohn import create_app as make_app
from demijohn.admin import ModelView
from demijohn.auth.accounts import create_user


class Status(StrEnum):
    DRAFT = "draft"
    PAID = "paid"


class Customer(Model):
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)

    def __str__(self) -> str:
        return self.name


class Order(Model):
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()
    status: Mapped[Status] = mapped_column(default=Status.DRAFT)
    total: Mapped[Decimal]
    note: Mapped[str | None]


class OrderView(ModelView):
    model = Order
    column_list = ("customer", "status", "total", "note")
    column_searchable_list = ("customer.name", "note")
    column_filters = ("status", "total")


def create_app(url: str) -> Flask:
    settings = Settings(
        environment="testing", secret_key="a-key-for-benchmarks-0123456789-abcdefgh", database={"url": url}
    )
    app = make_app(__name__, settings, admin_views=[OrderView])

    @app.get("/hello")
    def hello() -> dict[str, str]:
        return {"hello": "world"}

    return app


def add_user(email: str, password: str) -> None:
    create_user(email, password=password, is_superuser=True)
    db.session.commit()
