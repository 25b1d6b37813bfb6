"""What the dashboard shows beyond what it works out from the models."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, select

from demijohn import db
from demijohn.admin import ModelView, action, page
from demijohn.clock import now
from example_app.models import Customer, Order, OrderLine, Product, Status


class OrderView(ModelView):
    """Orders, newest first, found by number or by customer."""

    model = Order
    name = "Orders"
    column_list = ("number", "customer", "status", "placed_at", "total", "clerk")
    column_searchable_list = ("number", "customer.name")
    column_filters = ("status", "placed_at", "total", "customer.name")
    column_default_sort = ("placed_at", True)
    column_date_hierarchy = "placed_at"
    inline_models = ((OrderLine, {"form_columns": ("product", "quantity", "price")}),)
    saved_views = {
        "To ship": "flt0_status_equals=paid&by=placed_at",
        "Large": "flt0_total_greater_than=2000&by=-total",
        "Drafts": "flt0_status_equals=draft",
    }

    @action("ship", "Mark as shipped", "Mark these orders as shipped?", background=True)
    def ship(self, ids: list[int]) -> None:
        for order in db.session.scalars(select(Order).where(Order.id.in_(ids), Order.status == Status.PAID)):
            order.status = Status.SHIPPED


class ProductView(ModelView):
    """Products by name, with what is left of them."""

    model = Product
    name = "Products"
    column_list = ("sku", "name", "price", "in_stock", "is_listed")
    column_default_sort = "name"


class CustomerView(ModelView):
    """Customers, newest first."""

    model = Customer
    name = "Customers"


@page("Best sellers", permission="order.view", category="Reports", icon="chart")
def best_sellers() -> dict[str, object]:
    """A page of the shop's own: what was sold most in the last thirty days, and what it brought."""
    sold, worth = func.sum(OrderLine.quantity), func.sum(OrderLine.quantity * OrderLine.price)
    wanted = (
        select(Product.name.label("product"), sold.label("sold"), worth.label("worth"), Product.in_stock)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.placed_at >= now() - timedelta(days=30))
        .group_by(Product.id)
        .order_by(sold.desc())
    )
    products = db.session.execute(wanted).all()
    return {
        "pieces_sold": sum(one.sold for one in products),
        "worth": sum((one.worth for one in products), Decimal(0)),
        "pieces": {one.product: one.sold for one in products[:8]},
        "products": products,
    }


VIEWS = (OrderView, CustomerView, ProductView, best_sellers)


def orders_per_day() -> list[tuple[str, int]]:
    """Orders placed on each of the last thirty days."""
    day = func.date(Order.placed_at)
    wanted = select(day, func.count()).where(Order.placed_at >= now() - timedelta(days=30)).group_by(day)
    return [(str(one), count) for one, count in db.session.execute(wanted)]


def revenue_by_status() -> list[tuple[str, Decimal]]:
    """What the orders of the last thirty days are worth, by how far they are."""
    wanted = select(Order.status, func.sum(Order.total)).where(Order.placed_at >= now() - timedelta(days=30))
    return [(status.value.capitalize(), total) for status, total in db.session.execute(wanted.group_by(Order.status))]


def low_stock() -> list[dict[str, object]]:
    """Listed products of which few are left."""
    wanted = select(Product).where(Product.is_listed, Product.in_stock < 25).order_by(Product.in_stock).limit(8)
    return [{"Product": one.name, "Left": one.in_stock} for one in db.session.scalars(wanted)]


def orders_of_the_day(days_ago: int = 0) -> int:
    """Orders placed in the 24 hours that ended so many days ago."""
    end = now() - timedelta(days=days_ago)
    placed = (Order.placed_at > end - timedelta(days=1)) & (Order.placed_at <= end)
    return db.session.scalar(select(func.count()).select_from(Order).where(placed)) or 0


def orders_of_the_day_before() -> int:
    return orders_of_the_day(days_ago=1)


def open_orders() -> int:
    """Orders that are paid but not shipped: a number on the dashboard."""
    return db.session.scalar(select(func.count()).select_from(Order).where(Order.status == Status.PAID)) or 0
