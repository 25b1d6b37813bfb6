"""Years, months and days above a list: each a filter "between", offered as far as there are rows."""

import datetime as dt
import html
import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, add
from tests.conftest import MakeApp
from tests.core.test_mending import Mending

from demijohn.admin import ModelView
from demijohn.admin.lists.periods import span_in

LIST = "/admin/order/"


class OrderView(ModelView):
    model = Order
    column_list = ("id", "total")
    column_filters = ("status",)
    column_date_hierarchy = "placed_at"


def moment(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type]


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    return make_admin(admin_views=[OrderView], database={"url": database_url})


def fill(app: Flask, *moments: dt.datetime | None) -> None:
    ada = Customer(name="Ada", email="ada@example.com")
    add(app, *[Order(customer=ada, status=Status.PAID, total=Decimal(1), placed_at=moment) for moment in moments])


def bar(page: str) -> str:
    start = page.find('class="dm-periods"')
    return page[start : page.find("</nav>", start)] if start > 0 else ""


def links(page: str) -> dict[str, str]:
    """What each link of the bar says -> where it leads."""
    found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', bar(page), re.DOTALL)
    return {re.sub(r"<[^>]*>", "", said).strip(): html.unescape(url) for url, said in found}


def rows(page: str) -> int:
    return page.count("dm-row-title")


def test_periods_lead_from_years_to_a_day_and_back(app: Flask, visit: Visit) -> None:
    fill(
        app, moment(2024, 12, 31, 23, 59), moment(2026, 2, 1), moment(2026, 2, 28, 23, 59, 59), moment(2026, 5, 5), None
    )
    clerk = visit(app, "*")

    page = clerk.get(LIST).text
    assert list(links(page)) == ["2024", "2025", "2026"]
    page = clerk.get(links(page)["2026"]).text
    assert rows(page) == 3
    assert list(links(page)) == ["All", "January", "February", "March", "April", "May", "2025"]
    page = clerk.get(links(page)["February"]).text
    assert rows(page) == 2
    assert list(links(page)) == ["All", "2026", *map(str, range(1, 29)), "January 2026", "March 2026"]
    page = clerk.get(links(page)["28"]).text
    assert rows(page) == 1
    assert list(links(page)) == ["All", "2026", "February", "27 February 2026", "1 March 2026"]
    assert rows(clerk.get(links(page)["All"]).text) == 5


def test_the_months_of_a_single_year_come_at_once(app: Flask, visit: Visit) -> None:
    fill(app, moment(2026, 3, 1), moment(2026, 5, 1))

    assert list(links(visit(app, "*").get(LIST).text)) == ["March 2026", "April 2026", "May 2026"]


def test_other_filters_and_the_order_stay(app: Flask, visit: Visit) -> None:
    fill(app, moment(2025, 1, 1), moment(2026, 1, 1))
    clerk = visit(app, "*")

    url = links(clerk.get(f"{LIST}?flt0_status_equals=draft&by=-total").text)["2026"]

    assert "status_equals=draft" in url
    assert "by=-total" in url
    assert rows(clerk.get(url).text) == 0
    assert "All" in links(clerk.get(url).text)


def test_a_stretch_of_time_that_is_no_period_shows_the_widest(app: Flask, visit: Visit) -> None:
    fill(app, moment(2025, 1, 1), moment(2026, 1, 1))

    page = visit(app, "*").get(f"{LIST}?flt0_placed_at_between=2025-01-01+to+2025-01-05").text

    assert rows(page) == 1
    assert list(links(page)) == ["2025", "2026"]


def test_nothing_stands_above_a_list_without_dates(app: Flask, visit: Visit) -> None:
    assert bar(visit(app, "*").get(LIST).text) == ""
    fill(app, None)
    assert bar(visit(app, "*").get(LIST).text) == ""


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-01-01 to 2026-12-31", "year"),
        ("2024-02-01 to 2024-02-29", "month"),
        ("2026-02-01 to 2026-02-28", "month"),
        ("2026-02-01 to 2026-02-27", None),
        ("2026-02-03 to 2026-02-03", "day"),
        ("2026-02-03", None),
        ("9999-12-01 to 9999-12-31", "month"),
        ("0001-01-01 to 0001-12-31", "year"),
        ("never to ever", None),
    ],
)
def test_what_is_a_period(text: str, level: str | None) -> None:
    span = span_in(text)

    assert (span.level if span else None) == level


def test_the_first_and_the_last_days_of_all_time_are_no_fault(app: Flask, visit: Visit) -> None:
    fill(app, moment(1, 1, 1), moment(9999, 12, 30))
    clerk = visit(app, "*")

    page = clerk.get(LIST).text
    assert list(links(page))[-1] == "9999"
    assert len(links(page)) == 30
    for value in ("0001-01-01 to 0001-12-31", "0001-01-01 to 0001-01-01", "9999-12-01 to 9999-12-31"):
        assert clerk.get(f"{LIST}?flt0_placed_at_between={value}").status_code == 200


@pytest.mark.mends("admin/columns.py:refuse_undated")
def test_a_hierarchy_of_no_date_column(mending: Mending, make_app: MakeApp) -> None:
    def dated(name: str) -> Any:
        return type("Dated", (ModelView,), {"model": Order, "column_date_hierarchy": name})

    fix = mending.refused(lambda: make_app(admin_views=[dated("total")])).fix

    assert fix == "name one of these, or leave it out: placed_at."
    mending.started(lambda: make_app(admin_views=[dated("placed_at")]))
