"""Taking back what the history says, over HTTP: exactly, by people who may, and never over somebody's newer change."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, form_values
from workshop import Country, Gadget, Grade, Label

from demijohn import db
from demijohn.audit.models import AuditEntry

FIRST: dict[str, Any] = {
    "name": "Lathe", "serial": "L-1", "grade": Grade.FINE, "is_sold": True, "is_checked": None, "weight": 120,
    "price": Decimal("1999.9500"), "made_on": dt.date(2019, 4, 1), "opens_at": dt.time(8, 30),
    "seen_at": dt.datetime(2026, 1, 5, 9, 30, 1, 250_000, tzinfo=dt.UTC), "story": "Long ago.", "country_code": "NO",
}  # fmt: skip
SECOND: dict[str, Any] = {
    "name": "Drill", "serial": None, "grade": Grade.ROUGH, "is_sold": False, "is_checked": True, "weight": None,
    "price": Decimal("5.0000"), "made_on": None, "opens_at": None, "seen_at": None, "story": None, "country_code": None,
}  # fmt: skip


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    """A gadget that was changed in every field, and has another label."""
    app = make_admin("workshop", database={"url": database_url})
    add(app, Country(code="NO", name="Norway"))
    add(app, Gadget(api_key="sk-4711", labels=[Label(name="old")], **FIRST))
    add(app, Label(name="new"))
    change(app, **SECOND, api_key="other", labels=[2])
    return app


def change(app: Flask, labels: list[int] | None = None, **values: Any) -> None:
    with app.app_context():
        gadget = db.session.get_one(Gadget, 1)
        if labels is not None:
            gadget.labels = list(db.session.scalars(sa.select(Label).where(Label.id.in_(labels))))
        for name, value in values.items():
            setattr(gadget, name, value)
        db.session.commit()


def delete(app: Flask) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(Gadget, 1))
        db.session.commit()


def entry(app: Flask, action: str = "update") -> int:
    with app.app_context():
        query = sa.select(AuditEntry.id).where(AuditEntry.table == "gadget", AuditEntry.action == action)
        return db.session.scalars(query.order_by(AuditEntry.id.desc())).all()[0]


def address(app: Flask, action: str = "update", table: str = "gadget") -> str:
    return f"/admin/{table}/revert/?id=1&entry={entry(app, action)}"


def stored(app: Flask) -> dict[str, Any]:
    with app.app_context():
        gadget = db.session.get_one(Gadget, 1)
        return {name: getattr(gadget, name) for name in FIRST} | {"labels": [label.name for label in gadget.labels]}


def take_back(visitor: Visitor, page: str, *fields: str, **more: Any) -> Any:
    shown = visitor.get(page)
    assert shown.status_code == 200
    return visitor.send(page, {**form_values(shown.text), "field": list(fields), **more})


def test_every_kind_of_value_comes_back_exactly(app: Flask, visit: Visit) -> None:
    answer = take_back(visit(app, "*"), address(app), *FIRST, "labels")

    assert answer.status_code == 302
    assert stored(app) == {**FIRST, "labels": ["old"]}


def test_only_the_fields_that_are_ticked_are_taken_back(app: Flask, visit: Visit) -> None:
    take_back(visit(app, "*"), address(app), "name")

    assert stored(app) == {**SECOND, "name": "Lathe", "labels": ["new"]}


def test_what_was_changed_again_since_is_marked_and_not_ticked(app: Flask, visit: Visit) -> None:
    before = address(app)
    change(app, weight=7)
    page = visit(app, "*").get(before).text

    assert page.count("changed again since") == 1
    assert 'value="weight" checked' not in page
    assert 'value="name" checked' in page


def test_a_change_between_looking_and_pressing_is_409_and_overwrites_nothing(app: Flask, visit: Visit) -> None:
    visitor = visit(app, "*")
    page = address(app)
    fields = form_values(visitor.get(page).text)
    change(app, weight=7)

    late = visitor.send(page, {**fields, "field": ["weight"]})
    unseen = visitor.send(page, {"field": ["weight"]})

    assert (late.status_code, unseen.status_code) == (409, 409)
    assert stored(app)["weight"] == 7
    assert "Somebody changed this since" in late.text


def test_a_secret_is_named_as_lost_and_never_shown(app: Flask, visit: Visit) -> None:
    page = visit(app, "*").get(address(app)).text

    assert "It is a secret, which the log does not hold." in page
    assert "sk-4711" not in page
    take_back(visit(app, "*"), address(app), "api_key", "name")
    with app.app_context():
        assert db.session.get_one(Gadget, 1).api_key == "other"


def test_a_related_record_that_is_gone_is_said_to_be(app: Flask, visit: Visit) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(Label, 1))
        db.session.commit()

    assert "One of these records is gone." in visit(app, "*").get(address(app)).text


def test_what_the_database_refuses_now_is_said_and_nothing_is_changed(app: Flask, visit: Visit) -> None:
    add(app, Gadget(name="Twin", serial="L-1"))

    answer = take_back(visit(app, "*"), address(app), "serial", "name")

    assert (answer.status_code, "Already in use." in answer.text) == (200, True)
    assert stored(app)["name"] == "Drill"


def test_a_deleted_record_is_made_again_with_its_key_and_everything_the_log_holds(app: Flask, visit: Visit) -> None:
    change(app, **FIRST)
    delete(app)
    visitor = visit(app, "*")
    history = visitor.get("/admin/gadget/history/?id=1").text
    page = address(app, "delete")

    assert page.replace("&", "&amp;") in history
    assert take_back(visitor, page).status_code == 302
    assert stored(app) == {**FIRST, "labels": []}
    assert visitor.send(page, {}).status_code == 404


def test_a_deletion_offers_to_be_undone(app: Flask, visit: Visit) -> None:
    visitor = visit(app, "*")
    visitor.confirm("/admin/gadget/delete/", {"id": "1"})

    page = visitor.get("/admin/gadget/").text

    assert f'{address(app, "delete").replace("&", "&amp;")}">Undo' in page
    assert "Undo" not in visitor.get("/admin/gadget/").text


def test_it_is_in_the_log_with_the_entry_it_took_back(app: Flask, visit: Visit) -> None:
    number = entry(app)
    take_back(visit(app, "*"), address(app), "name")

    with app.app_context():
        row = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "record.reverted")).one()
        assert (row.table, row.key, row.changes) == ("gadget", "1", {"entry": [None, number]})


@pytest.mark.parametrize(
    ("permissions", "status"),
    [((), 302), (("gadget.view",), 403), (("gadget.edit", "label.view"), 403), (("gadget.view", "gadget.edit"), 200)],
    ids=["a stranger", "may only view", "may not view", "may edit"],
)
def test_it_asks_for_the_right_to_edit(app: Flask, visit: Visit, permissions: tuple[str, ...], status: int) -> None:
    visitor = visit(app, *permissions)

    assert visitor.get(address(app)).status_code == status
    if status != 200:
        assert visitor.send(address(app), {"field": ["name"]}).status_code == status
        assert stored(app)["name"] == "Drill"


def test_bringing_back_asks_for_the_right_to_create(app: Flask, visit: Visit) -> None:
    delete(app)
    page = address(app, "delete")

    assert visit(app, "gadget.view", "gadget.edit", "gadget.delete").get(page).status_code == 403
    assert visit(app, "gadget.view", "gadget.create").get(page).status_code == 200


@pytest.mark.parametrize(
    "wrong", ["id=2&entry={}", "id=1&entry=0", "id=1&entry=999999", "id=1&entry=x", "id=x&entry={}", "id=1"]
)
def test_an_entry_of_another_record_or_of_none_is_404(app: Flask, visit: Visit, wrong: str) -> None:
    assert visit(app, "*").get(f"/admin/gadget/revert/?{wrong.format(entry(app))}").status_code == 404


def test_an_entry_of_another_table_is_404(app: Flask, visit: Visit) -> None:
    assert visit(app, "*").get(address(app, table="label")).status_code == 404


def test_a_get_changes_nothing_and_a_post_needs_a_token(app: Flask, visit: Visit) -> None:
    visitor = visit(app, "*")
    visitor.get(address(app))
    fields = form_values(visitor.get(address(app)).text)

    assert visitor.send(address(app), {**fields, "field": ["name"], "csrf_token": "x"}).status_code == 400
    assert stored(app)["name"] == "Drill"
