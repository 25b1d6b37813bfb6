"""Columns of a list that people choose for themselves: kept, shared by an address, and never more than one may see."""

import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add
from tests.admin.test_lists import statements

from demijohn import db
from demijohn.admin import ModelView
from demijohn.admin.preferences.models import Preference

PAGE = "/admin/-/preferences/columns/"
LIST = "/admin/order/"


class OrderView(ModelView):
    model = Order
    column_list = ("id", "status", "total")
    column_editable_list = ("note",)
    column_details_exclude_list = ("placed_at",)


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(admin_views=[OrderView], database={"url": database_url})
    people = [Customer(name=name, email=f"{name}@example.com") for name in ("ada", "bob", "cy")]
    add(app, *[Order(customer=people[n % 3], status=Status.PAID, total=Decimal(n), note="n") for n in range(9)])
    return app


def heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col" class="column-header col-([\w.]+)"', page)


def offered(page: str) -> list[tuple[str, bool]]:
    found = re.findall(r'name="column" value="([\w.]+)"( checked)?', page)
    return [(name, bool(checked)) for name, checked in found]


def choose(visitor: Visitor, *names: str, **more: Any) -> Any:
    return visitor.send(PAGE, {"of": "admin_order", "column": list(names), "url": LIST, **more})


def test_a_list_offers_its_own_columns_and_those_of_the_details_page(app: Flask, visit: Visit) -> None:
    page = visit(app, "*").get(LIST).text

    assert heads(page) == ["id", "status", "total"]
    assert offered(page) == [("id", True), ("status", True), ("total", True), ("customer", False), ("note", False)]


def test_chosen_columns_are_kept_in_their_order_for_whoever_chose_them(app: Flask, visit: Visit) -> None:
    clerk, other = visit(app, "*"), visit(app, "*")

    assert choose(clerk, "total", "customer", "id").location == LIST
    assert heads(clerk.get(LIST).text) == ["total", "customer", "id"]
    assert offered(clerk.get(LIST).text)[:4] == [("total", True), ("customer", True), ("id", True), ("status", False)]
    assert heads(other.get(LIST).text) == ["id", "status", "total"]

    choose(clerk, "note")
    assert heads(clerk.get(LIST).text) == ["note"]
    choose(clerk, reset="1")
    assert heads(clerk.get(LIST).text) == ["id", "status", "total"]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Preference)) == 0


def test_an_address_with_columns_comes_before_ones_own_choice(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")
    choose(clerk, "total")

    assert heads(clerk.get(f"{LIST}?columns=customer,id").text) == ["customer", "id"]
    assert heads(clerk.get(f"{LIST}?columns=nothing,,evil%00").text) == ["id", "status", "total"]


def test_an_order_in_an_address_means_the_same_whatever_columns_are_shown(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")
    address = re.search(r'<a class="dm-sort" href="([^"]*by=total[^"]*)"', clerk.get(LIST).text)
    assert address is not None
    by_total = keys(clerk.get(address[1]).text)

    assert by_total != sorted(by_total)
    for names in (("total", "id"), ("id",), ("customer", "total")):
        choose(clerk, *names)
        assert keys(clerk.get(address[1]).text) == by_total


def keys(page: str) -> list[int]:
    return [int(key) for key in re.findall(r'name="rowid"[^>]* value="(\d+)"', page)]


def test_related_records_that_were_chosen_come_with_the_rows(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")
    choose(clerk, "id", "customer")
    clerk.get(LIST)

    with statements(app) as few:
        clerk.get(f"{LIST}?page_size=2")
    with statements(app) as many:
        clerk.get(f"{LIST}?page_size=8")

    assert len(many) == len(few)


def test_no_choice_where_the_view_says_so(make_admin: MakeAdmin, visit: Visit) -> None:
    class Fixed(ModelView):
        model = Order
        column_list = ("id", "status")
        column_optional_list = ()

    app = make_admin(admin_views=[Fixed])
    add(app, Order(customer=Customer(name="a", email="a@example.com"), status=Status.PAID, total=Decimal(1)))
    clerk = visit(app, "*")

    assert offered(clerk.get(LIST).text) == []
    assert heads(clerk.get(f"{LIST}?columns=total").text) == ["id", "status"]


def test_choosing_needs_a_list_that_one_may_see_and_a_token(app: Flask, visit: Visit) -> None:
    reader = visit(app, "customer.view")

    assert choose(reader, "id").status_code == 404
    assert reader.client.post(PAGE, data={"of": "admin_order", "column": "id"}).status_code == 400
    assert visit(app, "order.view").client.get(PAGE).status_code == 405
    assert choose(visit(app, "order.view"), "id", url="//evil.example/").location == LIST


def test_a_saved_view_keeps_the_columns_that_were_chosen(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")
    choose(clerk, "total", "customer")

    page = clerk.get(f"{LIST}?by=-total").text
    assert 'name="query" value="by=-total&amp;columns=total%2Ccustomer"' in page
    kept = {"of": "admin_order", "name": "By total", "query": "by=-total&columns=total,customer"}
    clerk.send("/admin/saved-views/save/", kept)
    other = visit(app, "*")
    assert heads(other.get(f"{LIST}?by=-total&columns=total%2Ccustomer").text) == ["total", "customer"]
    page = clerk.get(f"{LIST}?by=-total&columns=total%2Ccustomer").text
    assert re.search(r'aria-current="page"[^>]*>By total', page)
