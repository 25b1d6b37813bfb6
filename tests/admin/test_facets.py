"""Facets: values with their numbers, of the rows that are for the person asking."""

import re
from decimal import Decimal

import pytest
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add

from demijohn.admin import ModelView

FACETS = "/admin/order/facets/"


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(database={"url": database_url})
    ada = Customer(name="Ada", email="ada@example.com")
    add(app, *[Order(customer=ada, status=Status.PAID if n > 2 else Status.DRAFT, total=Decimal(n)) for n in range(7)])
    return app


def values(visitor: Visitor, query: str = "") -> dict[str, str]:
    """Label -> number, of the facets that a list offers."""
    page = visitor.client.get(f"{FACETS}{query}").text
    return dict(re.findall(r">([^<>]+) <span class=\"dm-muted\">([0-9,]+)</span></a>", page))


def address(visitor: Visitor, label: str, query: str = "") -> str:
    page = visitor.client.get(f"{FACETS}{query}").text
    found = re.search(rf'<a href="([^"]*)"[^>]*>{label} ', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_each_value_has_its_number_and_is_a_click_away(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")

    assert values(clerk) == {"Draft": "3", "Paid": "4"}
    assert clerk.get(address(clerk, "Paid")).text.count("dm-row-title") == 4


def test_search_and_other_filters_narrow_the_numbers_and_ones_own_choice_does_not(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")

    assert values(clerk, "?flt0_total_greater_than=4") == {"Draft": "0", "Paid": "2"}
    assert values(clerk, "?flt0_status_equals=paid") == {"Draft": "3", "Paid": "4"}
    assert values(clerk, "?search=nobody") == {"Draft": "0", "Paid": "0"}


def test_what_is_chosen_is_given_up_by_the_same_click(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")
    query = "?flt0_status_equals=paid&flt1_total_greater_than=4"

    assert 'aria-current="true">Paid' in clerk.client.get(f"{FACETS}{query}").text
    assert "status" not in address(clerk, "Paid", query)
    assert "total" in address(clerk, "Paid", query)


def test_the_panel_asks_for_the_lists_permission(app: Flask, visit: Visit) -> None:
    assert visit(app, "customer.view").get(FACETS).status_code == 403
    assert visit(app).get(FACETS).status_code == 302


@pytest.mark.parametrize(("named", "offered"), [((), False), (("status",), True), (None, True)])
def test_a_view_says_which_columns_are_facets(
    make_admin: MakeAdmin, visit: Visit, named: tuple[str, ...] | None, offered: bool
) -> None:
    view = type("OrderView", (ModelView,), {"model": Order, "column_facets": named})
    clerk = visit(make_admin(admin_views=[view]), "*")

    assert ("data-dm-facets=" in clerk.get("/admin/order/?search=x").text) is offered
