"""Editing a cell of the list asks what the form asks: token, permission, unchanged since shown, valid."""

import re
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add

from demijohn import db
from demijohn.admin import ModelView

UPDATE = "/admin/order/ajax/update/"


class Orders(ModelView):
    model = Order
    column_list = ("note", "total", "status")
    column_editable_list = ("total", "status")


@pytest.fixture
def shop(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(admin_views=[Orders], database={"url": database_url})
    add(app, Customer(name="Ada", email="ada@example.com"))
    add(app, Order(customer_id=1, total=Decimal(5), note="first"))
    return app


def cell(page: str) -> dict[str, str]:
    """The fields a browser would send for the first cell, but for its value."""
    link = re.search(r"<a [^>]*x-editable[^>]*>", page)
    assert link is not None
    given = dict(re.findall(r'data-([\w-]+)="([^"]*)"', link.group(0)))
    return {"list_form_pk": given["pk"], "record_digest": given["digest"], "csrf_token": given["csrf"]}


def total(app: Flask) -> Any:
    with app.app_context():
        return db.session.get(Order, 1).total


def test_cell_is_saved_and_the_next_digest_comes_along(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    fields = cell(clerk.get("/admin/order/").text)

    first = clerk.send(UPDATE, {**fields, "total": "7.5"})
    second = clerk.send(UPDATE, {**fields, "total": "8", "record_digest": first.headers["X-Record-Digest"]})

    assert (first.status_code, second.status_code) == (200, 200)
    assert total(shop) == Decimal(8)


@pytest.mark.parametrize("digest", ["", "0" * 64, None], ids=["empty", "made up", "none"])
def test_cell_without_the_digest_shown_is_refused(shop: Flask, visit: Visit, digest: str | None) -> None:
    clerk = visit(shop, "*")
    fields = cell(clerk.get("/admin/order/").text)

    answer = clerk.send(UPDATE, {**fields, "total": "7.5", "record_digest": digest})

    assert answer.status_code == 409
    assert total(shop) == Decimal(5)


def test_cell_of_a_record_changed_since_it_was_shown_is_refused(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    fields = cell(clerk.get("/admin/order/").text)
    with shop.app_context():
        db.session.get(Order, 1).total = Decimal(6)
        db.session.commit()

    answer = clerk.send(UPDATE, {**fields, "total": "7.5"})

    assert answer.status_code == 409
    assert total(shop) == Decimal(6)


def test_wrong_value_is_said_in_words(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    fields = cell(clerk.get("/admin/order/").text)

    answer = clerk.send(UPDATE, {**fields, "total": "much"})

    assert answer.status_code == 422
    assert "decimal" in answer.text.lower()
    assert total(shop) == Decimal(5)


def test_record_that_is_gone_is_said_to_be_gone(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    fields = cell(clerk.get("/admin/order/").text)

    answer = clerk.send(UPDATE, {**fields, "list_form_pk": "99", "total": "1"})

    assert answer.status_code == 404


def test_column_that_is_not_editable_is_not_written(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    fields = cell(clerk.get("/admin/order/").text)

    clerk.send(UPDATE, {**fields, "note": "forged"})

    with shop.app_context():
        assert db.session.get(Order, 1).note == "first"


def test_somebody_who_may_only_look_can_not_write(shop: Flask, visit: Visit) -> None:
    fields = cell(visit(shop, "*").get("/admin/order/").text)
    reader = visit(shop, "order.view")

    answer = reader.send(UPDATE, {**fields, "csrf_token": reader.token(), "total": "7"})

    assert answer.status_code == 403
    assert total(shop) == Decimal(5)


def test_cell_without_a_token_is_refused(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    fields = cell(clerk.get("/admin/order/").text)

    answer = clerk.send(UPDATE, {**fields, "csrf_token": "", "total": "7"})

    assert answer.status_code == 400
    assert total(shop) == Decimal(5)
