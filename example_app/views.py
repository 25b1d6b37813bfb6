"""Two pages of our own: the price list everyone sees, and the day's work for those who are signed in."""

from datetime import timedelta
from typing import cast

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from demijohn import current_user, db, login_required
from demijohn.clock import now
from example_app.models import Order, Product, Status, User

shop = Blueprint("shop", __name__)


@shop.get("/")
def prices() -> ResponseReturnValue:
    """Every listed product and its price."""
    products = db.session.scalars(select(Product).where(Product.is_listed).order_by(Product.name)).all()
    return render_template("shop/prices.html", products=products)


@shop.get("/today")
@login_required
def today() -> ResponseReturnValue:
    """The orders of the last 24 hours that wait to be shipped, oldest first."""
    since = now() - timedelta(days=1)
    waiting = (Order.status == Status.PAID) & (Order.placed_at >= since)
    orders = db.session.scalars(
        select(Order).where(waiting).options(joinedload(Order.customer)).order_by(Order.placed_at).limit(50)
    ).all()
    total = db.session.scalar(select(func.sum(Order.total)).where(waiting)) or 0
    return render_template("shop/today.html", orders=orders, total=total, desk=cast("User", current_user).desk)
