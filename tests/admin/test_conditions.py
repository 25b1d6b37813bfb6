"""Fields that are in place only where another has a certain value: elsewhere neither checked nor written."""

import html
import json
import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, add, form_values
from tests.core.test_mending import Mending
from wtforms.validators import InputRequired

from demijohn import db
from demijohn.admin import ModelView

EDIT = "/admin/order/edit/?id=1"


class OrderView(ModelView):
    model = Order
    form_columns = ("customer", "status", "note", "total", "placed_at")
    form_conditions = {"note": ("status", Status.PAID), "placed_at": ("note", ["sent", "brought"])}
    form_args = {"note": {"validators": [InputRequired("Say how it was paid.")]}}


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(admin_views=[OrderView], database={"url": database_url})
    ada = Customer(name="Ada", email="ada@example.com")
    add(app, Order(customer=ada, status=Status.DRAFT, total=Decimal(1), note="kept"))
    return app


def stored(app: Flask) -> tuple[Any, ...]:
    with app.app_context():
        return tuple(db.session.execute(sa.select(Order.status, Order.note, Order.placed_at)).one())


def marks(page: str) -> dict[str, Any]:
    found = re.findall(r'data-dm-when="(\w+)" data-dm-is="([^"]*)"', page)
    return {on: json.loads(html.unescape(values)) for on, values in found}


def test_a_page_says_when_a_field_is_in_place(app: Flask, visit: Visit) -> None:
    assert marks(visit(app, "*").get(EDIT).text) == {"status": ["paid"], "note": ["sent", "brought"]}


def test_what_is_out_of_place_is_neither_checked_nor_written(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")

    assert boss.submit(EDIT, note="smuggled", placed_at="2026-01-01T00:00").status_code == 302
    assert stored(app) == (Status.DRAFT, "kept", None)
    assert boss.submit(EDIT, note="", placed_at="never").status_code == 302
    assert stored(app) == (Status.DRAFT, "kept", None)


def test_what_is_in_place_is_checked_and_written(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")

    refused = boss.submit(EDIT, status="paid", note="")
    assert (refused.status_code, "Say how it was paid." in refused.text) == (422, True)
    assert boss.submit(EDIT, status="paid", note="cash", placed_at="2026-01-01T00:00").status_code == 302
    assert stored(app) == (Status.PAID, "cash", None)
    assert boss.submit(EDIT, note="sent", placed_at="2026-01-01T00:00").status_code == 302
    assert stored(app)[2] is not None


def test_what_depends_on_something_out_of_place_is_out_of_place(app: Flask, visit: Visit) -> None:
    visit(app, "*").submit(EDIT, status="draft", note="sent", placed_at="2026-01-01T00:00")

    assert stored(app) == (Status.DRAFT, "kept", None)


def test_a_new_record_has_nothing_of_what_is_out_of_place(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")

    sent = boss.submit("/admin/order/new/", customer="1", status="draft", total="2", note="smuggled")

    assert sent.status_code == 302
    with app.app_context():
        assert db.session.scalar(sa.select(Order.note).where(Order.total == 2)) is None


def test_a_conflict_is_not_about_what_is_out_of_place(app: Flask, visit: Visit) -> None:
    boss, other = visit(app, "*"), visit(app, "*")
    mine = {**form_values(boss.get(EDIT).text), "note": "smuggled", "total": "3"}
    other.submit(EDIT, total="2")

    page = boss.send(EDIT, mine)
    assert page.status_code == 409
    assert "smuggled" not in re.sub(r"<input[^>]*>|<textarea.*?</textarea>", "", page.text, flags=re.DOTALL)
    boss.send(EDIT, {**form_values(page.text), "take-total": "mine"})
    assert stored(app) == (Status.DRAFT, "kept", None)


def with_conditions(make_admin: MakeAdmin, conditions: dict[str, Any]) -> Flask:
    return make_admin(admin_views=[type("Odd", (ModelView,), {"model": Order, "form_conditions": conditions})])


@pytest.mark.mends("admin/conditions.py:conditions_of")
def test_what_is_no_condition_is_refused(mending: Mending, make_admin: MakeAdmin) -> None:
    fix = mending.refused(lambda: with_conditions(make_admin, {"note": "paid"})).fix

    assert fix == 'write {"note": ("other_field", value)}, or a list of values.'
    mending.started(lambda: with_conditions(make_admin, {"note": ("status", Status.PAID)}))


@pytest.mark.mends("admin/conditions.py:refuse_loose_conditions")
@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"note": ("state", "paid")}, "take 'state' out of form_conditions"),
        ({"remark": ("status", "paid")}, "take 'remark' out of form_conditions"),
    ],
)
def test_a_condition_that_leads_nowhere_is_refused(
    mending: Mending, make_admin: MakeAdmin, conditions: dict[str, Any], said: str
) -> None:
    assert said in mending.refused(lambda: with_conditions(make_admin, conditions)).fix
    mending.started(lambda: with_conditions(make_admin, {"note": ("status", Status.PAID)}))


@pytest.mark.mends("admin/conditions.py:refuse_circle")
def test_a_field_that_depends_on_itself_is_refused(mending: Mending, make_admin: MakeAdmin) -> None:
    circle = {"note": ("status", "paid"), "status": ("total", 1), "total": ("note", "x")}

    assert "or what it depends on" in mending.refused(lambda: with_conditions(make_admin, circle)).fix
    mending.started(lambda: with_conditions(make_admin, {"note": ("status", Status.PAID)}))
