"""What the dashboard shows beyond what it works out from the models."""

from sqlalchemy import func, select

from demijohn import db
from demijohn.admin import ModelView
from example_app.models import Order, Product, Status


class OrderView(ModelView):
    """Orders, newest first, found by number or by customer."""

    model = Order
    column_list = ("number", "customer", "status", "placed_at", "total", "clerk")
    column_searchable_list = ("number", "customer.name")
    column_filters = ("status", "placed_at", "total", "customer.name")
    column_default_sort = ("placed_at", True)
    form_excluded_columns = ("lines",)


class ProductView(ModelView):
    """Products by name, with what is left of them."""

    model = Product
    column_list = ("sku", "name", "price", "in_stock", "is_listed")
    column_default_sort = "name"


def open_orders() -> int:
    """Orders that are paid but not shipped: a number on the dashboard."""
    return db.session.scalar(select(func.count()).select_from(Order).where(Order.status == Status.PAID)) or 0
