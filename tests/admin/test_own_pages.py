"""Pages made by functions: what they show, to whom, and that two applications do not share them."""

import csv
import re
from collections import namedtuple
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, redirect, request
from flask_admin import BaseView, expose
from markupsafe import Markup
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add
from tests.docs.test_howto import blocks

from demijohn import db
from demijohn.admin import page
from demijohn.audit.models import AuditEntry
from demijohn.auth.models import user_class
from demijohn.auth.permissions import all_permissions

Stock = namedtuple("Stock", "shelf_mark left")  # noqa: PYI024 - the kind that has no types


@page("Stock report", permission="report.view", category="Reports", icon="chart")
def stock_report() -> Any:
    return [{"Name": "=cmd()", "left": 1200}, {"Name": "<b>Ink</b>", "left": None}]


@page("Everything")
def everything() -> Any:
    return {
        "open_orders": 1200,
        "by_status": {"paid": 3, "draft": 2},
        "people": db.session.scalars(sa.select(user_class())),
        "stock": [Stock("A<1>", Decimal("2.5"))],
        "nobody": [],
        "words": "<script>x</script>",
        "content": Markup("<em>mine</em>"),
    }


@page("Sums", methods=("GET", "POST"))
def sums() -> Any:
    if request.method == "POST":
        return redirect("/admin/sums/")
    return {"content": "no"}, 422


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    return make_admin(database={"url": database_url}, admin_views=[stock_report, everything, sums])


ADDRESS = "/admin/stock-report/"


def test_a_page_is_for_people_with_its_permission_and_nobody_else(app: Flask, visit: Visit) -> None:
    answers = [visit(app, *held).get(ADDRESS) for held in ((), ("order.view",), ("report.view",), ("*",))]

    assert [answer.status_code for answer in answers] == [302, 403, 200, 200]
    assert "/auth/login" in answers[0].headers["Location"]


def test_a_page_without_a_permission_is_for_staff(app: Flask, visit: Visit) -> None:
    assert [visit(app, *held).get("/admin/sums/").status_code for held in ((), ("-",), ("order.view",))] == [
        302,
        403,
        422,
    ]


def test_the_menu_and_the_palette_name_a_page_for_who_may_open_it(app: Flask, visit: Visit) -> None:
    for held, is_there in (("report.view", True), ("order.view", False)):
        visitor = visit(app, held)
        places = [place["name"] for place in visitor.client.get("/admin/global-search/places/").get_json()]

        assert ("Stock report" in places, ADDRESS in visitor.get("/admin/").text) == (is_there, is_there)


def test_a_page_has_its_category_in_the_breadcrumbs_and_its_icon_in_the_menu(app: Flask, visit: Visit) -> None:
    text = visit(app, "report.view").get(ADDRESS).text

    assert '<li class="dm-crumb-quiet">Reports</li><li aria-current="page">Stock report</li>' in text
    assert re.search(r'<use href="[^"]*#chart"/></svg><span>Stock report', text)
    assert "<h1>Stock report</h1>" in text


def test_roles_can_be_given_what_a_page_asks_for(app: Flask) -> None:
    assert "report.view" in all_permissions(app)


def test_rows_are_a_table_with_titles_in_words_and_without_markup_of_others(app: Flask, visit: Visit) -> None:
    text = visit(app, "report.view").get(ADDRESS).text

    assert '<th scope="col">Name</th><th scope="col" class="dm-number">Left</th>' in text
    assert '<td>=cmd()</td><td class="dm-number">1,200</td>' in text
    assert "<td>&lt;b&gt;Ink&lt;/b&gt;</td>" in text


def test_a_mapping_shows_each_thing_under_its_name(app: Flask, visit: Visit) -> None:
    text = visit(app, "*").get("/admin/everything/").text

    assert "<span>Open orders</span><strong>1,200</strong>" in text
    assert "dm-chart-bar" in text
    assert "<td>A&lt;1&gt;</td>" in text
    assert "Nothing to show." in text
    assert "<p>&lt;script&gt;x&lt;/script&gt;</p>" in text
    assert "<em>mine</em>" in text


def test_records_are_shown_as_in_a_list_and_without_their_secrets(app: Flask, visit: Visit) -> None:
    visitor = visit(app, "*")

    shown = visitor.get("/admin/everything/").text + visitor.get("/admin/everything/?csv=people").text

    assert "visitor0@example.com" in shown
    assert "password" not in shown.lower()


def test_the_rows_leave_as_a_file_that_no_spreadsheet_runs_and_the_log_says_so(app: Flask, visit: Visit) -> None:
    visitor = visit(app, "report.view")

    answer = visitor.get(f"{ADDRESS}?csv=rows")

    assert list(csv.reader(answer.text.splitlines())) == [["Name", "Left"], ["'=cmd()", "1200"], ["<b>Ink</b>", ""]]
    assert "attachment" in answer.headers["Content-Disposition"]
    with app.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "export")).one()
        assert {name: new for name, (_, new) in entry.changes.items()} == {
            "page": "Stock report",
            "rows": 2,
            "type": "csv",
        }


@pytest.mark.parametrize("name", ["nothing", "words", "content", "open_orders", "by_status"])
def test_what_is_no_table_is_no_file(app: Flask, visit: Visit, name: str) -> None:
    assert visit(app, "*").get(f"/admin/everything/?csv={name}").status_code == 404


def test_a_large_table_says_that_it_is_the_beginning(make_admin: MakeAdmin, visit: Visit) -> None:
    @page("Long")
    def long() -> Any:
        return ({"number": number} for number in range(501))

    visitor = visit(make_admin(admin_views=[long]), "*")

    assert "These are the first 500 rows." in visitor.get("/admin/long/").text
    assert len(visitor.get("/admin/long/?csv=rows").text.splitlines()) == 502


@pytest.mark.parametrize("query", ["endpoint=x", "_scheme=javascript&_external=1", "_anchor=x&csv_=1"])
def test_odd_arguments_of_an_address_do_not_steer_the_link_to_the_file(app: Flask, visit: Visit, query: str) -> None:
    answer = visit(app, "*").get(f"{ADDRESS}?{query}")

    assert answer.status_code == 200
    assert re.search(rf'href="{ADDRESS}[?][^"]*csv=rows"', answer.text)


def test_an_answer_of_the_functions_own_goes_out_as_it_is(app: Flask, visit: Visit) -> None:
    assert visit(app, "*").send("/admin/sums/", {}).headers["Location"] == "/admin/sums/"


def test_a_form_of_a_page_needs_its_token(app: Flask, visit: Visit) -> None:
    assert visit(app, "*").client.post("/admin/sums/", data={"csrf_token": "made-up"}).status_code == 400


def test_two_applications_do_not_share_pages(app: Flask, make_admin: MakeAdmin, visit: Visit) -> None:
    other = make_admin(admin_views=[everything])

    assert visit(other, "*").get(ADDRESS).status_code == 404
    assert "report.view" not in all_permissions(other)
    assert visit(other, "*").get("/admin/everything/").status_code == 200
    assert visit(app, "*").get("/admin/everything/").status_code == 200


def test_a_page_can_be_added_later_beside_stock_ones(make_admin: MakeAdmin, visit: Visit) -> None:
    class Stock(BaseView):
        @expose("/")
        def index(self) -> str:
            return "as ever"

    app = make_admin()
    for one in (stock_report, Stock(name="Stock")):
        app.extensions["admin"][0].add_view(one)
    visitor = visit(app, "*")

    assert "Stock report" in visitor.get(ADDRESS).text
    assert visitor.get("/admin/stock/").text == "as ever"


def test_the_code_of_the_how_to_makes_pages(make_admin: MakeAdmin, visit: Visit, tmp_path: Any) -> None:
    from flask import flash, url_for
    from sqlalchemy import func, select, update

    worth, today, closing = blocks("admin-pages.md")
    todays, closings = blocks("admin-pages.md", "jinja")
    names: dict[str, Any] = {name: value for name, value in globals().items() if name in {"Customer", "Order", "db"}}
    names |= {"func": func, "select": select, "update": update, "flash": flash, "redirect": redirect}
    names |= {"url_for": url_for, "request": request, "__name__": "shop", "create_app": lambda _, **options: options}
    for code in (worth, today, closing):
        exec(code, names)
    app = make_admin(admin_views=[*names["app"]["admin_views"], names["shop_today"], names["close_day"]])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5)))
    visitor = visit(app, "*")

    assert '<td>Ada</td><td class="dm-number">5.00</td>' in visitor.get("/admin/customers-by-worth/").text
    by_itself = visitor.get("/admin/shop-today/").text
    assert ("<span>Orders</span><strong>1</strong>" in by_itself, "Counted at midnight." in by_itself) == (True, True)
    folder = tmp_path / "templates" / "admin" / "pages"
    folder.mkdir(parents=True)
    (folder / "shop_today.html").write_text(todays)
    (folder.parent.parent / "close.html").write_text(closings)
    from jinja2 import ChoiceLoader, FileSystemLoader

    app.jinja_env.loader = ChoiceLoader([FileSystemLoader(tmp_path / "templates"), app.jinja_env.loader])
    app.jinja_env.cache.clear()  # type: ignore[union-attr]

    own = visitor.get("/admin/shop-today/").text
    assert ("<p>1 orders so far." in own, "<td>ada@example.com</td>" in own) == (True, True)
    assert visitor.submit("/admin/close-day/").status_code == 422
    assert visitor.submit("/admin/close-day/", note="closed").status_code == 302
    assert "The day is closed." in visitor.get("/admin/close-day/").text
    with app.app_context():
        assert db.session.scalars(sa.select(Order.note)).all() == ["closed"]
