"""Input that nobody types: it is refused or ignored, and never a fault of ours (500)."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, form_values
from workshop import Country, Gadget, Grade, Label, Oddity, Repair, Shelf

from demijohn import db
from demijohn.admin import ModelView
from demijohn.auth.stock import User

HOSTILE = [
    "\x00", "a\x00b", "\ufffd\udcff".encode("utf-8", "replace").decode(), "%00", "' OR 1=1 --", "\\", "%", "_", "-1",
    "9" * 40, "-" + "9" * 19, "1e999", "1E+999999999", "-1e-999999999", "NaN", "sNaN", "Infinity", "٣", "1_0", "0x10",
    "0000-00-00", "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59-14:00", "10000-01-01",
    "9999-12-31 to 9999-12-31", "0001-01-01T00:00+23:59 to 9999-12-31T23:59-23:59", " to ", "24:00:00", "23:59:60",
    "12:00:00+23:59",
    "🦊" * 50, "\u202eevil", "\u2028", "x" * 5000, "urn:uuid:0", "{}", "[]", "true", ",", ".", ".,.,", "=", "^",
    "a,b,c", "1,", "1.", "..", "../../etc/passwd",
]  # fmt: skip

SHARP = ("\x00", "9" * 40, "1E+999999999", "-1e-999999999", "sNaN", "0001-01-01T00:00:00+14:00", "9999-12-31",
         "0001-01-01T00:00+23:59 to 9999-12-31T23:59-23:59", "12:00:00+23:59", "x" * 5000, ",")  # fmt: skip
"""Those that failed somewhere once, and one of each other kind: for places of which there are many."""


class Gadgets(ModelView):
    model = Gadget
    column_editable_list = ("name", "weight", "price", "seen_at", "grade", "made_on", "is_sold")
    column_filters = (
        "name", "grade", "is_sold", "is_checked", "weight", "price", "made_on", "seen_at", "opens_at", "mark",
        "country",
    )  # fmt: skip


@pytest.fixture
def workshop(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin("workshop", admin_views=[Gadgets], database={"url": database_url})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    plane = Gadget(
        name="Plane", serial="1", grade=Grade.FINE, weight=3, price=Decimal("1.5"), made_on=dt.date(2020, 1, 1),
        seen_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC), labels=[Label(name="old")],
        country=Country(code="N,O", name="N"),
    )  # fmt: skip
    add(app, plane, Shelf(hall="A", number=1), Oddity(meta="m"))
    add(app, Repair(gadget_id=1), User(email="ada@example.com"))
    return app


def faults(client: FlaskClient, addresses: list[tuple[str, dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
    found = []
    for path, query in addresses:
        with client.get(path, query_string=query) as answer:
            answer.get_data()
            found += [(path, query)] if answer.status_code >= 500 else []
    return found


def test_no_list_fails_on_what_an_address_says(workshop: Flask, visit: Visit) -> None:
    boss = visit(workshop, "*")
    names = ["search", "sort", "page", "page_size", "flt0_99"]

    asked = [("/admin/gadget/", {name: text}) for name in names for text in HOSTILE]

    assert faults(boss.client, asked) == []


def test_no_filter_of_any_kind_fails(workshop: Flask, visit: Visit) -> None:
    boss = visit(workshop, "*")
    view = next(v for v in workshop.extensions["admin"][0].model_views() if v.model is Gadget)
    with workshop.app_context():
        view.build()
    arguments = [view.get_filter_arg(index, flt) for index, flt in enumerate(view._filters)]

    asked = [("/admin/gadget/", {f"flt0_{argument}": text}) for argument in arguments for text in SHARP]

    assert len(arguments) > 30
    assert faults(boss.client, asked) == []


@pytest.mark.parametrize("table", ["gadget", "country", "shelf", "oddity", "user", "role"])
def test_no_page_of_a_record_fails_on_its_key(workshop: Flask, visit: Visit, table: str) -> None:
    boss = visit(workshop, "*")
    pages = ["details", "edit", "delete", "history", "new", "export/csv"]

    asked = [(f"/admin/{table}/{page}/", {"id": text, "url": text}) for page in pages for text in HOSTILE]

    assert faults(boss.client, asked) == []


def test_no_look_up_fails(workshop: Flask, visit: Visit) -> None:
    boss = visit(workshop, "*")
    path = "/admin/gadget/ajax/lookup/"

    asked = [(path, {"name": "country", "query": text, "offset": text, "limit": text}) for text in HOSTILE]
    asked += [(path, {"name": text}) for text in HOSTILE]
    asked += [(path, {})]

    assert faults(boss.client, asked) == []


FIELDS = (
    "name", "serial", "grade", "is_sold", "is_checked", "weight", "price", "made_on", "seen_at", "opens_at", "mark",
    "story", "country", "labels", "record_digest",
)  # fmt: skip


def test_no_form_fails_on_what_is_typed(workshop: Flask, visit: Visit) -> None:
    boss = visit(workshop, "*")
    path = "/admin/gadget/edit/?id=1"
    shown = form_values(boss.get(path).text)
    fresh = form_values(boss.get("/admin/gadget/new/").text)

    failed = []
    for field in FIELDS:
        for text in SHARP:
            stale = boss.send(path, {**shown, field: text, "record_digest": "stale"})
            new = boss.send("/admin/gadget/new/", {**fresh, "name": "New", field: text})
            failed += [(field, text) for answer in (stale, new) if answer.status_code >= 500]

    assert failed == []
    assert boss.get("/admin/gadget/?page_size=500").status_code == 200
    assert boss.get("/admin/gadget/export/csv/").get_data()
    assert boss.get("/admin/").status_code == 200


def test_no_cell_fails_on_what_is_typed(workshop: Flask, visit: Visit) -> None:
    boss = visit(workshop, "*")
    token = boss.token()
    with workshop.test_request_context():
        view = next(v for v in workshop.extensions["admin"][0].model_views() if v.model is Gadget)
        view.build()

    failed = []
    for field in ("name", "weight", "price", "seen_at", "grade", "made_on", "is_sold"):
        for text in SHARP:
            with workshop.app_context():
                digest = view.row_digest(db.session.get(Gadget, 1))
            fields = {"list_form_pk": "1", field: text, "record_digest": digest, "csrf_token": token}
            answer = boss.send("/admin/gadget/ajax/update/", fields)
            failed += [(field, text, answer.status_code)] if answer.status_code not in {200, 422} else []

    assert failed == []


def test_no_delete_or_action_fails(workshop: Flask, visit: Visit) -> None:
    boss = visit(workshop, "*")
    token = boss.token()

    failed = []
    for text in SHARP:
        given = {"id": text, "rowid": text, "action": "delete", "record_digest": text, "rowdigest": text, "url": text}
        for table in ("gadget", "shelf", "country"):
            for page in ("delete", "action", "ajax/update"):
                answer = boss.send(f"/admin/{table}/{page}/", {**given, "csrf_token": token})
                failed += [(table, page, text)] if answer.status_code >= 500 else []

    assert failed == []


JSON = ["\ud800", "a\x00b@c.de", 1, 1.5, True, None, [], {}, ["a"], {"a": "b"}, "x" * 5000, "🦊@example.com", 10**400]
DOORS = ["/auth/login", "/auth/forgot"]


@pytest.mark.parametrize("door", DOORS)
def test_no_door_fails_on_hostile_json(workshop: Flask, visit: Visit, door: str) -> None:
    stranger = visit(workshop)
    headers = {"X-CSRFToken": stranger.get("/test-token").text, "Accept": "application/json"}
    bodies: list[Any] = [*JSON, *({"email": one, "password": other} for one in JSON for other in ("p", one))]

    statuses = {
        stranger.client.post(door, data=json.dumps(body), headers=headers, content_type="application/json").status_code
        for body in bodies
    }

    assert statuses <= {400, 401, 202, 422, 429}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_fails_on_hostile_forms(workshop: Flask, visit: Visit, door: str) -> None:
    stranger = visit(workshop)
    token = stranger.get("/test-token").text

    statuses = {
        stranger.client.post(
            door, data={"email": email, "password": text, "next": text, "csrf_token": token}
        ).status_code
        for text in HOSTILE
        for email in (text, f"{text}@example.com")
    }

    assert statuses <= {200, 400, 401, 422, 429}


HEADERS = {
    "Cookie": [
        "session=\xff\xfe; __Host-session=\x01",
        "session=" + "a" * 4000,
        "session=a.b.c.d",
        "=;=;;",
        "a" * 8000,
    ],
    "User-Agent": ["", "x" * 20000, "\xff\xfe", "<script>alert(1)</script>"],
    "X-Request-Id": ["x" * 20000, "\xff", "<b>", "a b"],
    "X-Forwarded-For": ["nonsense", "1.2.3.4, ::::", "x" * 5000, "127.0.0.1:80", "[::1]:80", ",,,"],
    "X-Forwarded-Host": ["evil.example.com", "a b", "\xff"],
    "Accept": ["*/*;q=nonsense", "x" * 9000, ";;;,,,"],
    "Accept-Language": ["*", "x" * 9000, "\xff"],
    "Content-Type": [
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "x" * 500,
        "\xff/\xff",
    ],
    "If-None-Match": ["\xff", '"' * 100],
    "If-Modified-Since": ["Mon, 99 Foo 99999 00:00:00 GMT"],
    "Range": ["bytes=-1", "bytes=5-1", "bytes=0-" + "9" * 40, "nonsense"],
    "Authorization": ["Bearer \xff", "Basic AAAA", "Basic \xff"],
    "Referer": ["\xff\xfe", "https://evil.example.com/"],
    "Origin": ["null", "\xff", "https://evil.example.com"],
}


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize("path", ["/admin/", "/auth/login", "/no/such/page", "/healthz"])
def test_no_header_makes_a_fault(make_admin: MakeAdmin, database_url: str, path: str, proxies: int) -> None:
    app = make_admin(database={"url": database_url}, security={"proxies": proxies})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()

    failed = [
        (name, value[:40], method)
        for name, values in HEADERS.items()
        for value in values
        for method in ("GET", "POST")
        if client.open(path, method=method, headers={name: value}).status_code >= 500
    ]

    assert failed == []


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_strange_browser_can_sign_in(make_admin: MakeAdmin, database_url: str, proxies: int) -> None:
    from demijohn.auth.accounts import create_user

    app = make_admin(database={"url": database_url}, security={"proxies": proxies})
    with app.app_context():
        create_user("ada@example.com", password="correct-horse-battery")
        db.session.commit()
    strange = [
        {name: value} for name in ("User-Agent", "X-Forwarded-For", "Accept-Language") for value in HEADERS[name]
    ]

    for headers in strange:
        visitor = Visitor(app.test_client())
        token = visitor.client.get("/test-token", headers=headers).text
        fields = {"email": "ada@example.com", "password": "correct-horse-battery", "csrf_token": token}
        answer = visitor.client.post("/auth/login", data=fields, headers=headers)
        assert answer.status_code == 302, (headers, answer.text)
        assert visitor.client.get("/auth/account/sessions", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/%ff%fe", "/%00", "/admin/%00/", "/auth/reset/%ff%00", "/auth/reset/" + "x" * 5000,
                                  "/_demijohn/%2e%2e/%2e%2e/pyproject.toml", "/_demijohn/..%5c..%5csecret",
                                  "/admin/static/%2e%2e/%2e%2e/x", "//evil.example.com",
                                  "/admin//evil.example.com/"])  # fmt: skip
def test_no_path_makes_a_fault_or_leaves_the_site(workshop: Flask, visit: Visit, path: str) -> None:
    answer = visit(workshop, "*").client.get(path)

    assert answer.status_code in {301, 302, 308, 400, 403, 404, 410}
    location = answer.headers.get("Location", "/")
    assert location.startswith(("/", "http://localhost/"))
    assert not location.startswith("//")


def test_what_was_typed_is_stored_as_it_was(workshop: Flask, visit: Visit) -> None:
    boss = visit(workshop, "*")
    text = "🦊 \u202eabc\u202c é ' OR 1=1 -- %_\\"

    boss.submit("/admin/gadget/edit/?id=1", name=text)

    with workshop.app_context():
        assert db.session.scalars(sa.select(Gadget.name)).all() == [text]
