"""Who buys what: the tables of the back office."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model
from demijohn.auth import UserBase
from demijohn.clock import now
from demijohn.database import LongText, Timestamped

EUR = {"format": "money", "currency": "EUR"}


class Status(StrEnum):
    DRAFT = "draft"
    PAID = "paid"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class User(UserBase):
    """Our user: demijohn's, and the desk they work at."""

    desk: Mapped[str | None]


class Customer(Timestamped, Model):
    name: Mapped[str] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(unique=True)
    city: Mapped[str | None]
    notes: Mapped[LongText | None]
    orders: Mapped[list["Order"]] = relationship(back_populates="customer")

    def __str__(self) -> str:
        return self.name


class Product(Model):
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    price: Mapped[Decimal] = mapped_column(info=EUR)
    in_stock: Mapped[int] = mapped_column(default=0)
    is_listed: Mapped[bool] = mapped_column(default=True)

    def __str__(self) -> str:
        return self.name


class Order(Model):
    __table_args__ = (Index(None, "status", "placed_at"),)

    number: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    customer: Mapped[Customer] = relationship(back_populates="orders")
    status: Mapped[Status] = mapped_column(default=Status.DRAFT)
    placed_at: Mapped[datetime] = mapped_column(default=now, index=True)
    total: Mapped[Decimal] = mapped_column(default=Decimal(0), info=EUR)
    clerk_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    clerk: Mapped[User | None] = relationship()
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.number


class OrderLine(Model):
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id", ondelete="CASCADE"), index=True)
    order: Mapped[Order] = relationship(back_populates="lines")
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    product: Mapped[Product] = relationship()
    quantity: Mapped[int] = mapped_column(default=1)
    price: Mapped[Decimal] = mapped_column(info=EUR)

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product}"
