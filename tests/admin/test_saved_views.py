"""Saved views: kept for oneself or for everybody who sees the list, never showing anybody more than they may see."""

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
from demijohn.admin.savedviews.models import SavedView
from demijohn.admin.savedviews.queries import canonical_text

PAGE = "/admin/saved-views/"
PAID = "flt0_status_equals=paid&by=-total"
CLERK = ("order.view", "order.edit")


class OrderView(ModelView):
    model = Order
    column_list = ("id", "customer", "status", "total")
    column_filters = ("status", "total", "customer.name")
    saved_views = {"Drafts": "?flt0_status_equals=draft"}


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(admin_views=[OrderView], database={"url": database_url})
    ada = Customer(name="Ada", email="ada@example.com")
    add(app, *[Order(customer=ada, status=[Status.PAID, Status.DRAFT][n % 2], total=Decimal(n)) for n in range(1, 8)])
    return app


def save(visitor: Visitor, name: str = "Paid", query: str = PAID, **more: Any) -> Any:
    return visitor.send(f"{PAGE}save/", {"of": "admin_order", "name": name, "query": query, **more})


def kept(app: Flask) -> list[tuple[str, str, bool]]:
    with app.app_context():
        found = db.session.scalars(sa.select(SavedView).order_by(SavedView.position))
        return [(one.name, one.query, one.is_shared) for one in found]


def key(app: Flask, name: str = "Paid") -> int:
    with app.app_context():
        return db.session.scalars(sa.select(SavedView.id).where(SavedView.name == name)).one()


def titles(page: str) -> list[str]:
    import re

    return re.findall(r'<a href="[^"]*"(?: aria-current="page")?(?: data-dm-count="\w+")?>([^<]+)', tabs(page))


def tabs(page: str) -> str:
    start = page.find('class="dm-views"')
    return page[start : page.find("</nav>", start)] if start > 0 else ""


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("?page=3&after=abc&sort=2&desc=1&by=-total&search=ada", "search=ada&by=-total"),
        ("flt7_total_greater_than=5&flt2_status_equals=paid", "flt0_total_greater_than=5&flt1_status_equals=paid"),
        ("search=&unknown=1&url=//evil.example", ""),
    ],
)
def test_what_is_kept_is_the_list_and_not_the_place_in_it(given: str, found: str) -> None:
    assert canonical_text(given) == found


def test_a_view_is_saved_shown_as_a_tab_and_shows_what_was_saved(app: Flask, visit: Visit) -> None:
    clerk = visit(app, *CLERK)
    page = clerk.get("/admin/order/?flt0_0=paid&sort=3&desc=1").text
    assert 'name="query" value="by=-total&amp;flt0_status_equals=paid"' in page

    assert save(clerk).status_code == 302

    assert kept(app) == [("Paid", "by=-total&flt0_status_equals=paid", False)]
    page = clerk.get("/admin/order/?by=-total&flt0_status_equals=paid").text
    assert titles(page) == ["All", "Drafts", "Paid"]
    assert 'aria-current="page" data-dm-count="s' in page
    assert page.index("6.00") < page.index("4.00") < page.index("2.00")
    assert "Draft</span>" not in page


def test_filters_in_an_address_may_still_be_numbers(app: Flask, visit: Visit) -> None:
    pages = [visit(app, "*").get(f"/admin/order/?flt0_{name}=paid").text for name in ("0", "status_equals")]

    assert [page.count("dm-row-title") for page in pages] == [3, 3]


def test_ones_own_view_is_nobody_elses(app: Flask, visit: Visit) -> None:
    save(visit(app, *CLERK))

    assert titles(visit(app, *CLERK).get("/admin/order/").text) == ["All", "Drafts"]


def test_a_shared_view_is_everybodys_who_sees_the_list(app: Flask, visit: Visit) -> None:
    save(visit(app, *CLERK), is_shared="y")

    reader = visit(app, "order.view")
    assert titles(reader.get("/admin/order/").text) == ["All", "Drafts", "Paid"]
    assert reader.client.get(f"{PAGE}counts/?of=admin_order").json == {"d0": "4", f"s{key(app)}": "3"}
    assert visit(app, "customer.view").client.get(f"{PAGE}counts/?of=admin_order").status_code == 404


def test_only_who_may_edit_shares(app: Flask, visit: Visit) -> None:
    save(visit(app, "order.view"), is_shared="y")

    assert kept(app)[0][2] is False


def test_the_numbers_of_all_tabs_take_one_statement(app: Flask, visit: Visit) -> None:
    clerk = visit(app, *CLERK)
    for number in range(5):
        save(clerk, name=f"over {number}", query=f"flt0_total_greater_than={number}")
    clerk.get(f"{PAGE}counts/?of=admin_order")

    with statements(app) as seen:
        counts = clerk.client.get(f"{PAGE}counts/?of=admin_order").json

    assert sorted(counts.values()) == ["3", "4", "4", "5", "6", "7"]
    assert len([sql for sql in seen if "count(" in sql]) == 1


def test_a_name_of_ones_own_gets_the_new_content(app: Flask, visit: Visit) -> None:
    clerk = visit(app, *CLERK)
    save(clerk)
    save(clerk, query="flt0_total_greater_than=5")

    assert kept(app) == [("Paid", "flt0_total_greater_than=5", False)]


@pytest.mark.parametrize(
    "wrong",
    [{"name": "  "}, {"name": "\x00"}, {"query": ""}, {"query": "page=2&url=//evil.example"}],
    ids=["no name", "no text", "nothing to keep", "only a place"],
)
def test_what_is_no_view_is_told_and_not_kept(app: Flask, visit: Visit, wrong: dict[str, str]) -> None:
    clerk = visit(app, *CLERK)

    assert save(clerk, **wrong).status_code == 302
    assert "A view needs a name" in clerk.get("/admin/order/").text
    assert kept(app) == []


def test_hostile_names_and_queries_are_text(app: Flask, visit: Visit) -> None:
    clerk = visit(app, *CLERK)
    save(clerk, name='<script>alert(1)</script>"', query='search=<script>"&flt0_nonsense=1&by=nothing,-;DROP')

    page = clerk.get("/admin/order/")
    address = page.text[page.text.rindex("/admin/order/?search=") :].split('"')[0].replace("&amp;", "&")

    assert "<script>alert" not in page.text
    assert clerk.get(address).status_code == 200
    assert clerk.client.get(f"{PAGE}counts/?of=admin_order").status_code == 200


@pytest.mark.parametrize(
    ("do", "after"),
    [
        ({"do": "rename", "name": "Settled"}, ["Settled", "Over five"]),
        ({"do": "down"}, ["Over five", "Paid"]),
        ({"do": "delete"}, ["Over five"]),
    ],
    ids=lambda value: value.get("do") if isinstance(value, dict) else "",
)
def test_views_are_renamed_moved_and_deleted(app: Flask, visit: Visit, do: dict[str, str], after: list[str]) -> None:
    clerk = visit(app, *CLERK)
    save(clerk)
    save(clerk, name="Over five", query="flt0_total_greater_than=5")

    assert clerk.send(f"{PAGE}change/", {"id": str(key(app)), **do}).status_code == 302
    assert [name for name, _, _ in kept(app)] == after
    assert all(name in clerk.get(f"{PAGE}?of=admin_order").text for name in after)


def test_sharing_begins_and_ends(app: Flask, visit: Visit) -> None:
    clerk = visit(app, *CLERK)
    save(clerk)
    for shared in (True, False):
        clerk.send(f"{PAGE}change/", {"id": str(key(app)), "do": "share"})
        assert kept(app)[0][2] is shared


@pytest.mark.parametrize("do", ["rename", "share", "up", "delete"])
def test_somebody_elses_view_is_not_changed(app: Flask, visit: Visit, do: str) -> None:
    save(visit(app, *CLERK), is_shared="y")
    before = kept(app)

    assert visit(app, *CLERK).send(f"{PAGE}change/", {"id": str(key(app)), "do": do, "name": "x"}).status_code == 404
    assert kept(app) == before
    assert visit(app, "*").send(f"{PAGE}change/", {"id": str(key(app)), "do": "delete"}).status_code == 302


def test_a_token_is_needed_and_strangers_are_sent_away(app: Flask, visit: Visit) -> None:
    clerk = visit(app, *CLERK)

    assert save(clerk, csrf_token="x").status_code == 400
    assert visit(app).get(f"{PAGE}?of=admin_order").status_code == 302
    assert clerk.client.get(f"{PAGE}save/").status_code == 405
    assert kept(app) == []


def test_the_way_back_stays_on_the_site(app: Flask, visit: Visit) -> None:
    assert save(visit(app, *CLERK), url="//evil.example/").location == "/admin/order/"
