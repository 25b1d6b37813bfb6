"""Forms in fieldsets, and saving what a form holds as a new record."""

import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from setup_faults import Mending
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add, form_values

from demijohn import db
from demijohn.admin import ModelView

FIELDSETS: Any = (
    ("Who", ("customer",)),
    ("Money", ("total", "status"), {"collapsed": True, "description": "In euros."}),
)


class OrderView(ModelView):
    model = Order
    form_columns = ("customer", "status", "total", "note")
    form_fieldsets = FIELDSETS


@pytest.fixture
def app(make_admin: MakeAdmin) -> Flask:
    app = make_admin(admin_views=[OrderView])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=5, note="first"))
    return app


def shown(page: str) -> list[str]:
    """Titles and labels in the order of the page."""
    form = page[page.index('class="admin-form"') :]
    marks = r"<legend>(.*?)</legend>|<summary>(.*?)</summary>|<label class=\"form-label\"[^>]*>([^<]*)"
    return ["".join(found).strip() for found in re.findall(marks, form)]


def test_fields_stand_in_their_fieldsets_and_the_others_come_last(app: Flask, visit: Visit) -> None:
    page = visit(app, "*").get("/admin/order/edit/?id=1").text

    assert shown(page) == ["Who", "Customer", "Money", "Total", "Status", "Note"]
    assert "In euros." in page
    assert '<details class="dm-fieldset"><summary>' in page


def test_a_closed_fieldset_with_an_error_is_open(app: Flask, visit: Visit) -> None:
    page = visit(app, "*").submit("/admin/order/edit/?id=1", total="nonsense")

    assert (page.status_code, '<details class="dm-fieldset" open>' in page.text) == (422, True)


def test_a_form_in_fieldsets_saves_every_field(app: Flask, visit: Visit) -> None:
    visit(app, "*").submit("/admin/order/edit/?id=1", total="7", note="second")

    with app.app_context():
        order = db.session.get_one(Order, 1)
        assert (order.total, order.note) == (7, "second")


def test_what_a_form_holds_is_saved_as_a_new_record(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "*")
    page = clerk.get("/admin/order/edit/?id=1").text
    address = re.search(r'formaction="([^"]*/new/[^"]*)"', page)

    answer = clerk.send(address[1].replace("&amp;", "&"), {**form_values(page), "note": "copy"})  # type: ignore[index]

    assert answer.status_code == 302
    with app.app_context():
        assert [order.note for order in db.session.query(Order).order_by(Order.id)] == ["first", "copy"]


def test_only_who_may_create_is_offered_to_save_as_new(app: Flask, visit: Visit) -> None:
    permissions = ("order.view", "order.edit", "customer.view")

    assert "Save as new" not in visit(app, *permissions).get("/admin/order/edit/?id=1").text
    assert "Save as new" in visit(app, *permissions, "order.create").get("/admin/order/edit/?id=1").text


def test_related_records_have_a_fieldset_of_their_own(make_admin: MakeAdmin, visit: Visit) -> None:
    class CustomerView(ModelView):
        model = Customer
        inline_models = (Order,)
        form_fieldsets = (("Who", ("name", "email")), ("Orders", ("orders",)))

    app = make_admin(admin_views=[CustomerView])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=5, note="first"))

    page = visit(app, "*").get("/admin/customer/edit/?id=1")

    assert (page.status_code, page.text.count("<legend>")) == (200, 2)
    assert 'value="first"' in page.text


def with_fieldsets(make_admin: MakeAdmin, *fieldsets: Any) -> Flask:
    view = type("OrdersView", (ModelView,), {"model": Order, "form_fieldsets": fieldsets})
    app = make_admin(admin_views=[view])
    app.extensions["admin"][0].model_views()[0].build()
    return app


@pytest.mark.mends("admin/layouts.py:declared")
def test_what_is_no_fieldset_is_refused(mending: Mending, make_admin: MakeAdmin) -> None:
    fix = mending.refused(lambda: with_fieldsets(make_admin, ("Money", "total"))).fix

    assert '("Title", ("name", "other"))' in fix
    mending.started(lambda: with_fieldsets(make_admin, ("Money", ("total", "status"))))


@pytest.mark.mends("admin/layouts.py:refuse_unknown_fields")
def test_a_fieldset_with_an_unknown_field_is_refused(mending: Mending, make_admin: MakeAdmin) -> None:
    fix = mending.refused(lambda: with_fieldsets(make_admin, ("Money", ("total", "price")))).fix

    assert "take 'price' out" in fix
    mending.started(lambda: with_fieldsets(make_admin, ("Money", ("total",))))


class Margin(ModelView):
    model = Order
    form_columns = ("customer", "status", "total", "note", "placed_at")
    form_readonly_columns = ("placed_at", "id")
    form_fieldsets = (
        ("Order", ("customer", "id")),
        ("Money", ("total", "status"), {"tab": "Payment"}),
        ("Words", ("note",), {"tab": "Notes"}),
        ("Time", ("placed_at",), {"tab": "Payment"}),
    )


@pytest.fixture
def tabbed(make_admin: MakeAdmin) -> Flask:
    app = make_admin(admin_views=[Margin])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5), note="n"))
    return app


def test_fieldsets_of_one_tab_stand_together(tabbed: Flask, visit: Visit) -> None:
    page = visit(tabbed, "*").get("/admin/order/edit/?id=1").text

    panels = dict(re.findall(r'data-dm-tab="(\w+)" data-dm-wrong="0">(.*?)</section>', page, re.DOTALL))
    assert {name: re.findall(r"<legend>(\w+)", panel) for name, panel in panels.items()} == {
        "Payment": ["Money", "Time"],
        "Notes": ["Words"],
    }
    assert page.index("<legend>Order") < page.index("data-dm-tabs")


def test_a_tab_says_how_many_of_its_fields_are_wrong(tabbed: Flask, visit: Visit) -> None:
    page = visit(tabbed, "*").submit("/admin/order/edit/?id=1", total="much", status="odd")

    assert (page.status_code, re.findall(r'data-dm-wrong="(\d)"', page.text)) == (422, ["2", "0"])


def test_a_column_that_is_only_shown_is_not_written(tabbed: Flask, visit: Visit) -> None:
    boss = visit(tabbed, "*")
    page = boss.get("/admin/order/edit/?id=1").text

    assert 'name="placed_at"' not in page
    assert re.search(r'id="dm-shown-id">Id</div>\s*<div class="dm-shown"[^>]*>1</div>', page)
    assert boss.submit("/admin/order/edit/?id=1", placed_at="2026-01-01T00:00", id="7").status_code == 302
    with tabbed.app_context():
        assert [(o.id, o.placed_at) for o in db.session.scalars(sa.select(Order))] == [(1, None)]
    assert "dm-shown-id" not in boss.get("/admin/order/new/").text


def test_columns_that_are_only_shown_come_last_without_fieldsets(make_admin: MakeAdmin, visit: Visit) -> None:
    class Plain(ModelView):
        model = Order
        form_readonly_columns = ("placed_at",)

    app = make_admin(admin_views=[Plain])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5)))

    page = visit(app, "*").get("/admin/order/edit/?id=1").text

    assert page.index('name="note"') < page.index("dm-shown-placed_at")
    assert visit(app, "*").submit("/admin/order/edit/?id=1", note="new").status_code == 302
