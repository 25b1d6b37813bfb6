"""The first page and the history of a record."""

import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add
from tests.admin.test_lists import statements
from workshop import Gadget

from demijohn import db
from demijohn.admin import ModelView


@pytest.fixture
def shop(make_admin: MakeAdmin) -> Flask:
    app = make_admin()
    dashboard = app.extensions["demijohn.admin"]

    @dashboard.number("Open orders", hint="not paid", url="/admin/order/")
    def open_orders() -> int:
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(Order)) or 0) + 4000

    @dashboard.number("Customers at risk", permission="customer.view")
    def at_risk() -> Decimal:
        return Decimal("12.5")

    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5), note="first"))
    return app


def test_the_first_page_shows_numbers_models_and_recent_changes(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    boss.submit("/admin/order/edit/?id=1", note="second")

    page = boss.get("/admin/").text

    assert "Open orders" in page
    assert "4,001" in page
    assert "not paid" in page
    assert "12.50" in page
    assert "/admin/order/details/?id=1" in page


def test_the_first_page_holds_only_what_one_may_view(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "order.view")

    page = clerk.get("/admin/").text

    assert "Open orders" in page
    assert "Customers at risk" not in page
    assert "/admin/customer/" not in page
    assert "ada@example.com" not in page


def test_the_first_page_counts_every_model_in_one_statement(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    boss.get("/admin/")

    with statements(shop) as seen:
        boss.get("/admin/")

    assert len([sql for sql in seen if "LIMIT" in sql and "count" in sql]) == 1


def headlines(page: str) -> list[str]:
    """The latest changes as people read them, newest first."""
    feed = page[page.index("dm-feed") :]
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<div>(.*?)<small>", feed, re.DOTALL)]


def test_the_latest_changes_call_records_by_name_and_the_model_once(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    boss.submit("/admin/customer/edit/?id=1", name="Ada Berg")
    boss.submit("/admin/order/edit/?id=1", note="second")
    boss.confirm("/admin/order/delete/", {"id": "1"})
    with shop.app_context():
        db.session.execute(sa.insert(Customer), [{"name": f"C{n}", "email": f"c{n}@example.com"} for n in range(20)])
        db.session.commit()

    seen = headlines(boss.get("/admin/").text)

    assert seen[:4] == [
        "Bulk insert into Customer (20 rows)",
        "Order 1 Deleted",
        "Order 1 Changed",
        "Ada Berg Customer · Changed",
    ]


def test_the_latest_changes_leave_out_records_that_the_view_leaves_out(make_admin: MakeAdmin, visit: Visit) -> None:
    class OwnCustomers(ModelView):
        model = Customer

        def get_query(self) -> Any:
            return super().get_query().filter(Customer.name != "Hidden person")

    app = make_admin(admin_views=[OwnCustomers])
    add(app, Customer(name="Ada", email="ada@example.com"), Customer(name="Hidden person", email="h@example.com"))

    page = visit(app, "customer.view").get("/admin/").text

    assert headlines(page) == ["Ada Customer · Created"]
    assert "Hidden person" not in page


def test_the_latest_changes_are_named_by_one_statement_a_table(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    for number in range(2, 8):
        add(shop, Customer(name=f"C{number}", email=f"c{number}@example.com"))
    boss.get("/admin/")

    with statements(shop) as seen:
        boss.get("/admin/")

    assert len([sql for sql in seen if "FROM customer" in sql and "count" not in sql]) == 1


def test_history_tells_who_changed_what(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    boss.submit("/admin/order/edit/?id=1", note="second")

    page = boss.get("/admin/order/history/?id=1").text

    assert "first" in page
    assert "second" in page
    assert "visitor0@example.com" in page
    assert "Changed" in page
    assert "Created" in page


def test_history_outlives_the_record(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    boss.confirm("/admin/order/delete/", {"id": "1"})

    page = boss.get("/admin/order/history/?id=1")

    assert page.status_code == 200
    assert "Deleted" in page.text


def test_history_asks_for_the_models_permission(shop: Flask, visit: Visit) -> None:
    assert visit(shop, "customer.view").get("/admin/order/history/?id=1").status_code == 403


def test_history_holds_no_secret(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin("workshop")
    add(app, Gadget(name="Plane", api_key="sk-very-secret", pin="4711"))

    page = visit(app, "*").get("/admin/gadget/history/?id=1").text

    assert "Plane" in page
    assert "sk-very-secret" not in page
    assert "4711" not in page


def test_without_the_audit_there_is_no_history_and_all_else_works(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(features={"audit": False})
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5)))
    boss = visit(app, "*")

    assert boss.get("/admin/order/history/?id=1").status_code == 404
    assert boss.get("/admin/").status_code == 200
    assert boss.get("/admin/order/export/csv/").status_code == 200
    assert boss.submit("/admin/order/edit/?id=1", note="x").status_code == 302
