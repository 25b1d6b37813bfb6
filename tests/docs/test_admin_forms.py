"""The view on the page about forms does what the page says."""

import re
from typing import Any

import sqlalchemy as sa
from howto import blocks
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add, make_admin, visit

from demijohn import db

__all__ = ["make_admin", "visit"]


def test_the_form_of_the_page_has_its_tabs_its_shown_column_and_its_condition(
    make_admin: MakeAdmin, visit: Visit
) -> None:
    names: dict[str, Any] = {}
    exec(blocks("admin-forms.md")[0].replace("from .models", "from shop"), names)
    app = make_admin(admin_views=[names["OrderView"]])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=5))
    boss = visit(app, "*")

    page = boss.get("/admin/order/edit/?id=1").text
    assert re.findall(r'data-dm-tab="(\w+)"', page) == ["Payment", "Notes"]
    assert 'id="dm-shown-id"' in page
    boss.submit("/admin/order/edit/?id=1", placed_at="2026-01-01T00:00")
    with app.app_context():
        assert db.session.scalar(sa.select(Order.placed_at)) is None
    boss.submit("/admin/order/edit/?id=1", status="paid", placed_at="2026-01-01T00:00")
    with app.app_context():
        assert db.session.scalar(sa.select(Order.placed_at)) is not None


def test_the_columns_of_the_page_have_their_formats(make_admin: MakeAdmin, visit: Visit) -> None:
    names: dict[str, Any] = {"__name__": "shop"}
    exec(blocks("admin-forms.md")[1], names)
    app = make_admin()
    with app.app_context():
        db.create_all()
    boss = visit(app, "*")

    page = boss.get("/admin/purveyor/new/").text
    kinds = dict(re.findall(r'name="(\w+)"[^>]*type="(\w+)"', page))
    assert [kinds[name] for name in ("email", "shop", "hotline")] == ["email", "url", "tel"]
    assert ("data-dm-color" in page, "data-dm-preview" in page, ">EUR<" in page) == (True, True, True)
    assert boss.submit("/admin/purveyor/new/", name="Acme", shop="javascript:alert(1)").status_code == 422
