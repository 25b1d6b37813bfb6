"""Fields that are not for the person asking: looked for at every door of the dashboard, over HTTP."""

import re

import pytest
from flask import Flask
from flask_admin.form import rules
from ledger import Booking, Holder, Ledger
from tests.admin.conftest import MakeAdmin, Visitor, add, form_values
from tests.admin.conftest import Visit as OpenBrowser

from demijohn import db
from demijohn.admin import ModelView

VERBS = ("view", "create", "edit", "delete", "export")
CLERK = [f"{table}.{verb}" for table in ("ledger", "holder", "booking") for verb in VERBS] + ["audit_entry.view"]
SECRETS = ("DE-SECRET", "Hidden Holder", "4711", "Quiet remark", "Surety Town")


class LedgerView(ModelView):
    model = Ledger
    column_list = ("title", "iban", "limit", "margin", "holder", "holder.name", "surety.city")
    column_searchable_list = ("title", "iban", "holder.name", "surety.city")
    column_filters = ("title", "iban", "margin", "holder", "holder.name", "surety")
    column_sortable_list = ("title", "iban", "limit", ("holder", "holder.name"))
    column_default_sort = "iban"
    column_editable_list = ("title", "limit", "margin")
    inline_models = (Booking,)


@pytest.fixture
def app(make_admin: MakeAdmin) -> Flask:
    app = make_admin("ledger", admin_views=[LedgerView])
    holders = [Holder(id=1, city="Oslo", name="Hidden Holder"), Holder(id=2, city="Surety Town", name="Bee")]
    values = {"iban": "DE-SECRET", "limit": 100, "margin": 4711, "remark": "Quiet remark"}
    add(app, *holders)
    add(app, Ledger(id=1, title="first", holder_id=1, surety_id=2, **values), Ledger(id=2, title="second", iban="DE-1"))
    add(app, Booking(id=1, ledger_id=1, text="booked", fee=3))
    return app


@pytest.fixture
def clerk(app: Flask, visit: OpenBrowser) -> Visitor:
    return visit(app, *CLERK)


def is_silent(page: str) -> bool:
    return not any(word in page for word in SECRETS)


def stored(app: Flask) -> tuple[object, ...]:
    with app.app_context():
        one = db.session.get_one(Ledger, 1)
        return (one.title, one.iban, one.limit, one.margin, one.remark, one.surety_id)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/ledger/",
        "/admin/ledger/?columns=title,iban,margin,remark,surety,holder.name",
        "/admin/ledger/details/?id=1",
        "/admin/ledger/edit/?id=1",
        "/admin/ledger/export/csv/",
        "/admin/holder/",
        "/admin/holder/details/?id=1",
        "/admin/holder/edit/?id=1",
        "/admin/holder/export/csv/",
        "/admin/ledger/new/",
        "/admin/",
    ],
)
def test_no_page_shows_a_closed_field(app: Flask, clerk: Visitor, visit: OpenBrowser, path: str) -> None:
    page = clerk.get(path)

    assert page.status_code == 200
    assert is_silent(page.text.replace("Surety Town", "") if path.startswith("/admin/holder") else page.text)
    if "id=1" in path or path.endswith("/ledger/"):
        assert not is_silent(visit(app, "*").get(path).text)


def test_columns_buttons_and_fields_of_closed_fields_are_not_offered(clerk: Visitor) -> None:
    page = clerk.get("/admin/ledger/").text
    form = clerk.get("/admin/ledger/edit/?id=1").text

    assert re.findall(r'<th scope="col" class="column-header col-([\w-]+)"', page) == ["title", "limit", "holder"]
    assert re.search(r'data-pk="1"[^>]*data-name="title"|data-name="title"', page)
    assert 'data-name="limit"' not in page
    assert "iban" not in page.lower()
    assert set(form_values(form)) & {"iban", "limit", "margin", "remark", "surety"} == set()


def test_who_may_see_but_not_set_a_field_sees_it_beside_the_form(clerk: Visitor) -> None:
    page = clerk.get("/admin/ledger/edit/?id=1").text

    assert re.search(r"<dt>Limit</dt><dd>100</dd>", page)


@pytest.mark.parametrize("word", ["SECRET", "Hidden", "Town"])
def test_a_search_does_not_look_into_closed_fields(app: Flask, clerk: Visitor, visit: OpenBrowser, word: str) -> None:
    assert "Nothing matches" in clerk.get(f"/admin/ledger/?search={word}").text
    assert "first" in visit(app, "*").get(f"/admin/ledger/?search={word}").text


def test_a_filter_on_a_closed_field_is_neither_offered_nor_applied(app: Flask, clerk: Visitor) -> None:
    view = next(v for v in app.extensions["admin"][0].model_views() if v.table == "ledger")
    view.build()
    closed = [
        f"flt0_{view.get_filter_arg(i, f)}"
        for i, f in enumerate(view._filters)
        if getattr(f, "path", "").split(".")[-1] in {"iban", "margin", "name", "surety", "city"}
    ]
    page = clerk.get("/admin/ledger/").text

    assert len(closed) > 10
    for name in closed:
        answer = clerk.get(f"/admin/ledger/?{name}=1").text
        assert ("first" in answer, "second" in answer) == (True, True), name
        assert f'"{name.removeprefix("flt0_")}"' not in page


def test_sorting_by_a_closed_field_does_nothing(app: Flask, clerk: Visitor) -> None:
    def order(query: str) -> list[str]:
        return re.findall(r">(first|second)<", clerk.get(f"/admin/ledger/?{query}").text)[:2]

    plain = order("")
    holder = [order(f"sort=2{desc}") for desc in ("", "&desc=1")]
    with app.app_context():
        db.session.get_one(Ledger, 2).iban = "ZZ"
        db.session.commit()

    assert order("") == plain
    assert holder[0] == holder[1]


@pytest.mark.parametrize(
    "values",
    [{"iban": "x"}, {"limit": "9"}, {"margin": "9"}, {"remark": "x"}, {"surety": "1"}],
    ids=lambda v: next(iter(v)),
)
def test_what_is_sent_for_a_closed_field_is_not_saved(app: Flask, clerk: Visitor, values: dict[str, str]) -> None:
    before = stored(app)
    saved = clerk.submit("/admin/ledger/edit/?id=1", title="changed", **values)
    made = clerk.submit("/admin/ledger/new/", title="made", **values)

    assert (saved.status_code, made.status_code) == (302, 302)
    assert stored(app) == ("changed", *before[1:])
    with app.app_context():
        new = db.session.query(Ledger).filter_by(title="made").one()
        assert (new.iban, new.limit, new.margin, new.remark, new.surety_id) == (None,) * 5


def test_a_cell_of_a_closed_field_is_not_saved(app: Flask, clerk: Visitor) -> None:
    page = clerk.get("/admin/ledger/").text
    digest = re.search(r'data-digest="(\w+)"', page)
    assert digest

    answers = {
        name: clerk.send("/admin/ledger/ajax/update/", {"list_form_pk": "1", name: "9", "record_digest": digest[1]})
        for name in ("limit", "margin")
    }

    assert {answer.status_code for answer in answers.values()} <= {403, 409}
    assert stored(app)[2:4] == (100, 4711)


def test_a_closed_field_of_a_record_inside_a_form_is_neither_shown_nor_saved(app: Flask, clerk: Visitor) -> None:
    page = clerk.get("/admin/ledger/edit/?id=1").text
    answer = clerk.submit("/admin/ledger/edit/?id=1", **{"bookings-0-text": "changed", "bookings-0-fee": "99"})

    assert "bookings-0-text" in page
    assert "bookings-0-fee" not in page
    assert answer.status_code == 302
    with app.app_context():
        booking = db.session.get_one(Booking, 1)
        assert (booking.text, booking.fee) == ("changed", 3)


def test_a_lookup_does_not_find_by_a_closed_field(app: Flask, clerk: Visitor, visit: OpenBrowser) -> None:
    path = "/admin/ledger/ajax/lookup/?name=holder&query="
    open_field = visit(app, *CLERK, "holder.name").get(f"{path}Bee").json

    assert open_field in ([["2", "Holder 2"]], [])
    assert clerk.get(f"{path}Hidden").json == []
    assert clerk.get(f"{path}2").json == [["2", "Holder 2"]]


def test_a_lookup_for_a_closed_field_is_closed(clerk: Visitor) -> None:
    assert clerk.get("/admin/ledger/ajax/lookup/?name=surety&query=").status_code == 403


def test_history_and_the_audit_log_hide_closed_fields(app: Flask, clerk: Visitor, visit: OpenBrowser) -> None:
    boss = visit(app, "*")
    boss.submit("/admin/ledger/edit/?id=1", iban="DE-SECRET-2", title="changed", margin="4712", holder="1", surety="2")
    pages = [clerk.get(path).text for path in ("/admin/ledger/history/?id=1", "/admin/", "/admin/audit_entry/")]
    entries = re.findall(r"/admin/audit_entry/details/\?id=(\d+)", pages[2])
    details = "".join(clerk.get(f"/admin/audit_entry/details/?id={key}").text for key in entries)

    found = [page.replace("Surety Town", "") for page in (*pages, details)]  # a city of a holder, which is open

    assert all(map(is_silent, found))
    assert "(hidden)" in pages[0]
    assert "changed" in pages[0]
    assert "DE-SECRET-2" in boss.get("/admin/ledger/history/?id=1").text


def test_a_conflict_page_does_not_show_closed_fields(app: Flask, clerk: Visitor) -> None:
    fields = form_values(clerk.get("/admin/ledger/edit/?id=1").text)
    with app.app_context():
        db.session.get_one(Ledger, 1).title = "meanwhile"
        db.session.commit()

    answer = clerk.send("/admin/ledger/edit/?id=1", {**fields, "title": "late", "iban": "x"})

    assert answer.status_code == 409
    assert is_silent(answer.text)


class Laid(ModelView):
    model = Holder
    form_rules = (rules.Header("Who"), rules.Field("name"), rules.Field("city"))


def test_a_layout_with_a_closed_field_gives_way_to_the_plain_form(make_admin: MakeAdmin, visit: OpenBrowser) -> None:
    app = make_admin("ledger", admin_views=[Laid])
    add(app, Holder(id=1, city="Oslo", name="Hidden Holder"))

    page = visit(app, *CLERK).get("/admin/holder/edit/?id=1")

    assert page.status_code == 200
    assert is_silent(page.text)
    assert "Who" in visit(app, "*").get("/admin/holder/edit/?id=1").text


@pytest.mark.parametrize("word", ["DE-SECRET", "4711", "Hidden"])
def test_the_search_over_everything_does_not_tell_a_field(clerk: Visitor, word: str) -> None:
    assert "details" not in clerk.get(f"/admin/global-search/?q={word}").text
    assert "first" in clerk.get("/admin/global-search/?q=first").text
