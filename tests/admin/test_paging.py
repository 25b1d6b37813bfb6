"""Pages of a list: by place and not by counting off, in any order, from both ends."""

import base64
import datetime as dt
import html
import json
import random
import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add
from tests.admin.test_lists import statements
from workshop import Country, Gadget, Grade

from demijohn import db
from demijohn.admin import ModelView

ROWS = 40
NAMES = ["name", "grade", "is_sold", "weight", "price", "made_on", "seen_at", "country", "id"]


class GadgetView(ModelView):
    model = Gadget
    column_list = tuple(NAMES)
    column_sortable_list = (*NAMES[:-2], ("country", "country.name"), "id", "mark")
    page_size = 7


def gadget(rng: random.Random, number: int) -> Gadget:
    def maybe(value: Any) -> Any:
        return value if rng.random() > 0.3 else None

    return Gadget(
        name=f"{rng.choice('abcÄß')} {number % 5}",
        grade=maybe(rng.choice(list(Grade))),
        is_sold=rng.random() > 0.5,
        weight=maybe(rng.randint(-3, 3)),
        price=maybe(Decimal(rng.randint(-500, 500)) / 100),
        made_on=maybe(dt.date(2026, 1, rng.randint(1, 4))),
        seen_at=maybe(dt.datetime(2026, 1, 1, 0, 0, 0, rng.randint(0, 3), tzinfo=dt.UTC)),
        country_code=maybe(rng.choice(["NO", "SE", "DK"])),
    )


@pytest.fixture
def workshop(make_admin: MakeAdmin, database_url: str) -> Flask:
    rng = random.Random(7)
    app = make_admin("workshop", database={"url": database_url}, admin_views=[GadgetView])
    add(app, Country(code="NO", name="Norway"), Country(code="SE", name="Sweden"), Country(code="DK", name="Denmark"))
    add(app, *(gadget(rng, number) for number in range(ROWS)))
    return app


def keys_on(page: str) -> list[int]:
    return [int(key) for key in re.findall(r'name="rowid"[^>]*value="(\d+)"', page)]


def link(page: str, label: str) -> str | None:
    found = re.search(rf'href="([^"]+)" aria-label="{label}"', page)
    return html.unescape(found.group(1)) if found else None


def walk(visitor: Visitor, address: str, label: str) -> list[list[int]]:
    """The keys of each page, following the link of this label to the end."""
    pages: list[list[int]] = []
    following: str | None = address
    while following is not None and len(pages) < 50:
        page = visitor.get(following).text
        pages.append(keys_on(page))
        following = link(page, label)
    return pages


ORDERS = [
    "",
    "sort=0",
    "sort=1&desc=1",
    "sort=1&then=-is_sold,weight",
    "sort=3&then=-price",
    "sort=3&desc=1&then=-price,-name",
    "sort=5&then=seen_at",
    "sort=6&desc=1",
    "sort=7",
    "sort=7&desc=1&then=-country,name",
    "then=-weight",
]


def keys_met(visitor: Visitor, order: str) -> dict[str, list[int]]:
    """The keys of a list in this order: on one page, following each link, and page by page."""
    back = walk(visitor, f"/admin/gadget/?{order}&page=-1", "Previous page")
    return {
        "whole": keys_on(visitor.get(f"/admin/gadget/?{order}&page_size=500").text),
        "onwards": [key for page in walk(visitor, f"/admin/gadget/?{order}", "Next page") for key in page],
        "back": [key for page in reversed(back) for key in page],
    }


def test_every_row_is_met_once_onwards_and_backwards(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")

    found = {order: keys_met(visitor, order) for order in ORDERS}

    assert {tuple(sorted(met["whole"])) for met in found.values()} == {tuple(range(1, ROWS + 1))}
    assert {order: met["onwards"] for order, met in found.items()} == {o: met["whole"] for o, met in found.items()}
    assert {order: met["back"] for order, met in found.items()} == {o: met["whole"] for o, met in found.items()}


def test_following_pages_are_found_by_their_place(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")
    following = link(visitor.get("/admin/gadget/?sort=3&page=2").text, "Next page")

    with statements(workshop) as seen:
        visitor.get(str(following))

    assert "page=3" in str(following)
    assert [sql for sql in seen if re.search("WHERE .*gadget.weight", sql)]


def test_rows_added_or_deleted_meanwhile_shift_nothing(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")
    first = visitor.get("/admin/gadget/").text
    shown = keys_on(first)

    with workshop.app_context():
        db.session.execute(sa.delete(Gadget).where(Gadget.id.in_(shown[-2:])))
        db.session.add_all([Gadget(name="new") for _ in range(5)])
        db.session.commit()

    assert keys_on(visitor.get(str(link(first, "Next page"))).text) == [key - 7 for key in shown]


def test_a_place_before_the_first_row_is_the_first_page(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")
    second = visitor.get(str(link(visitor.get("/admin/gadget/").text, "Next page"))).text
    third = visitor.get(str(link(second, "Next page"))).text
    back = str(link(third, "Previous page"))
    with workshop.app_context():
        db.session.execute(sa.delete(Gadget).where(Gadget.id > ROWS - 12))
        db.session.commit()

    page = visitor.get(back).text

    assert keys_on(page) == list(range(ROWS - 12, ROWS - 19, -1))
    assert link(page, "Previous page") is None


def test_a_page_beyond_the_last_is_the_last(workshop: Flask, visit: Visit) -> None:
    assert keys_on(visit(workshop, "*").get("/admin/gadget/?page=4000").text) == [5, 4, 3, 2, 1]


def read(place: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)))


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


MADE_UP = [
    "",
    "x",
    "%00",
    "ü",
    "A" * 5000,
    cursor(),
    cursor(1),
    cursor("x", "1"),
    base64.urlsafe_b64encode(b"[" * 700).decode(),
    base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "W10=",
]
VALUES = [
    None,
    "",
    "x",
    "-1",
    "9" * 30,
    "NaN",
    "1e400",
    "\x00",
    "' OR 1=1 --",
    1,
    [1],
    {"a": 1},
    "2026-01-01",
    "1" * 300,
]


def made_up(visitor: Visitor, order: str) -> list[str]:
    """Places of this order whose values nobody was shown."""
    genuine = str(link(visitor.get(f"/admin/gadget/?{order}").text, "Next page"))
    (own,) = re.findall("after=([^&]+)", genuine)
    signature, *values = read(own)
    alike = [cursor(signature, *([value] * len(values))) for value in VALUES]
    return alike + [cursor(signature, value, *values[1:]) for value in VALUES]


def test_a_made_up_place_is_no_fault(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")
    places = {
        order: [*MADE_UP, *made_up(visitor, order)] for order in ("", "sort=1", "sort=3&desc=1", "sort=4", "sort=6")
    }

    statuses = {
        (order, name, place): visitor.get(f"/admin/gadget/?{order}&page=1&{name}={place}&page_size=2").status_code
        for order, given in places.items()
        for name, place in zip(["after", "before"] * len(given), given, strict=False)
    }

    assert {case: status for case, status in statuses.items() if status != 200} == {}


class ByKey(ModelView):
    model = Gadget
    column_list = ("name",)
    column_default_sort = [("api_key", True), ("name", False)]
    page_size = 5


def test_no_place_holds_a_secret(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin("workshop", admin_views=[ByKey])
    add(app, *(Gadget(name=f"n{number}", api_key=f"sk-secret-{number}") for number in range(20)))

    page = visit(app, "*").get("/admin/gadget/").text

    (place,) = set(re.findall('after=([^&"]+)', page))
    assert read(place)[1:] == ["n12", "13"]
    assert "sk-secret" not in page


def test_a_long_text_has_no_place_but_a_next_page(make_admin: MakeAdmin, visit: Visit) -> None:
    class ByNote(ModelView):
        model = Order
        column_default_sort = "note"
        column_searchable_list = ("note",)
        page_size = 5

    app = make_admin(admin_views=[ByNote])
    add(app, Customer(name="C", email="c@example.com"))
    add(app, *(Order(customer_id=1, total=1, note=f"{n:02}" + "x" * 250) for n in range(12)))
    visitor = visit(app, "*")

    pages = walk(visitor, "/admin/order/", "Next page")

    assert [len(page) for page in pages] == [5, 5, 2]
    assert sorted(key for page in pages for key in page) == list(range(1, 13))


@pytest.fixture
def big(make_admin: MakeAdmin, database_url: str) -> Flask:
    """10,050 orders, and the database's statistics of them."""
    app = make_admin("shop", database={"url": database_url})
    add(app, Customer(name="C", email="c@example.com"))
    with app.app_context():
        rows = [{"customer_id": 1, "total": Decimal(n), "status": Status.PAID} for n in range(10_050)]
        db.session.execute(sa.insert(Order), rows)
        db.session.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("ANALYZE"))
    return app


def test_a_big_table_is_estimated_and_counted_on_demand(big: Flask, visit: Visit) -> None:
    visitor = visit(big, "*")
    visitor.get("/admin/order/")

    with statements(big) as seen:
        page = visitor.get("/admin/order/").text

    assert "about 10,000" in page
    assert len(seen) <= 4, seen  # the person, the rows, up to 10,000 of them counted, the statistics
    assert "10,050" in visitor.get(str(link_with(page, "count=exact"))).text


def link_with(page: str, part: str) -> str | None:
    return next((html.unescape(found) for found in re.findall('href="([^"]+)"', page) if part in found), None)


def test_the_last_page_of_a_big_table_is_read_from_its_end(big: Flask, visit: Visit) -> None:
    visitor = visit(big, "*")
    last = str(link(visitor.get("/admin/order/").text, "Last page"))

    with statements(big) as seen:
        page = visitor.get(last).text

    assert keys_on(page) == list(range(25, 0, -1))
    assert [sql for sql in seen if re.search("ORDER BY .*id ASC", sql)]
    assert keys_on(visitor.get(str(link(page, "Previous page"))).text) == list(range(50, 25, -1))


def test_a_far_page_reads_keys_alone_to_get_there(big: Flask, visit: Visit) -> None:
    assert keys_on(visit(big, "*").get("/admin/order/?page=300").text) == list(
        range(10_050 - 7_500, 10_025 - 7_500, -1)
    )


def test_the_header_says_the_order_and_offers_more_of_it(workshop: Flask, visit: Visit) -> None:
    page = visit(workshop, "*").get("/admin/gadget/?sort=1&then=-weight").text

    headers = dict(re.findall(r'<th scope="col" class="column-header col-(\w+)"(?: aria-sort="(\w+)")?', page))
    assert headers == {**dict.fromkeys(NAMES, ""), "grade": "ascending", "weight": "descending"}
    assert "by=grade,-weight,price" in page
    assert "by=grade,weight" in page
    assert link_with(page, "by=grade,-weight,price") is not None


def test_a_wrong_further_order_is_no_fault(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")
    wrong = ["api_key", "nothing", "-,-,", "name,name,-name", "labels", "x" * 3000]

    pages = [visitor.get(f"/admin/gadget/?then={then}") for then in wrong]

    assert [(page.status_code, len(keys_on(page.text))) for page in pages] == [(200, 7)] * len(wrong)


def test_entries_of_a_rows_menu_lead_to_the_row(workshop: Flask, visit: Visit) -> None:
    page = visit(workshop, "*").get("/admin/gadget/?search=dmRowKeyHere+dmRowDigestHere").text
    assert "dmRowKeyHere+" in page

    page = visit(workshop, "*").get("/admin/gadget/").text

    for key in range(ROWS, ROWS - 7, -1):
        assert f"/admin/gadget/edit/?id={key}&amp;url=" in page
        assert f"/admin/gadget/history/?id={key}" in page
        assert re.search(rf'data-dm-delete="{key}" data-digest="[0-9a-f]{{64}}"', page)
    assert "dmRow" not in page
    assert len(set(re.findall(r'data-digest="(\w+)"', page))) == 7


@pytest.fixture
def huge(make_admin: MakeAdmin, database_url: str) -> Flask:
    """Orders whose numbers reach far beyond the newest 100,000, of two customers; only the first note is old."""

    class OrderView(ModelView):
        model = Order
        column_searchable_list = ("note", "customer.name")

    class CustomerView(ModelView):
        model = Customer
        column_searchable_list = ("name", "email")

    app = make_admin("shop", database={"url": database_url}, admin_views=[OrderView, CustomerView])
    add(app, Customer(name="Ada", email="ada@example.com"), Customer(name="Bela", email="bela@example.com", id=300_000))
    notes = {1: "old 100%", 2: "plain", 250_000: "new old"}
    add(app, *(Order(id=key, customer_id=1, total=1, note=note) for key, note in notes.items()))
    add(app, Order(id=3, customer_id=300_000, total=1))
    return app


SEARCHED = {
    "/admin/order/?search=old": [250_000],
    "/admin/order/?search=old&whole=1": [250_000, 1],
    "/admin/order/?search=100%25&whole=1": [1],
    "/admin/order/?search=plain": [],
    "/admin/order/?search=bela": [3],
    "/admin/order/?search=ada": [250_000, 2, 1],
    "/admin/order/?search=ada+old": [250_000],
    "/admin/order/?search=ada+old&whole=1": [250_000, 1],
    "/admin/order/?search=nothing": [],
    "/admin/order/?search=%5E": [],
    "/admin/order/?search=%5Eol&whole=1": [1],
    "/admin/customer/?search=ada@example.com": [1],
    "/admin/customer/?search=bel": [300_000],
}


def test_a_search_of_a_big_table_says_how_far_it_went(huge: Flask, visit: Visit) -> None:
    visitor = visit(huge, "*")

    pages = {address: visitor.get(address).text for address in SEARCHED}

    assert {address: keys_on(page) for address, page in pages.items()} == SEARCHED
    bounded = pages["/admin/order/?search=old"]
    assert "in the newest 100,000 rows" in bounded
    assert "Customer name in every row" in bounded
    assert "whole=1" in str(link_with(bounded, "whole=1"))
    assert "newest" not in pages["/admin/order/?search=old&whole=1"]
    assert re.search("Email in every row where it (starts with|is) a word", pages["/admin/customer/?search=bel"])


class ByOrders(ModelView):
    model = Customer
    column_list = ("name",)
    column_filters = ("orders.note",)
    column_default_sort = "name"
    page_size = 10


@pytest.mark.parametrize("order", ["", "&sort=0&desc=1"])
def test_a_row_found_by_several_children_is_met_once(
    make_admin: MakeAdmin, visit: Visit, database_url: str, order: str
) -> None:
    app = make_admin("shop", database={"url": database_url}, admin_views=[ByOrders])
    add(app, *(Customer(name=f"N{n % 7}", email=f"e{n:02}@example.com") for n in range(30)))
    add(app, *(Order(customer_id=n % 25 + 1, total=1, note="x") for n in range(75)))
    visitor = visit(app, "*")

    pages = walk(visitor, f"/admin/customer/?flt0_0=x{order}", "Next page")

    assert [len(page) for page in pages] == [10, 10, 5]
    assert sorted(key for page in pages for key in page) == list(range(1, 26))
    assert "25" in visitor.get("/admin/customer/?flt0_0=x").text.partition("dm-count")[2][:20]
