"""Related records are made and changed over a form: the same pages without their shell, for people who may use them."""

import pytest
from flask import Flask
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add

from demijohn import db

DIALOG = {"X-Requested-With": "fetch"}


@pytest.fixture
def shop(make_admin: MakeAdmin) -> Flask:
    app = make_admin()
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=5))
    return app


def test_a_look_up_tells_where_its_records_are_made_and_changed(shop: Flask, visit: Visit) -> None:
    page = visit(shop, "*").get("/admin/order/new/").text

    assert 'data-new-url="/admin/customer/new/?dialog=1"' in page
    assert 'data-edit-url="/admin/customer/edit/?dialog=1"' in page


@pytest.mark.parametrize(
    ("permissions", "offered"),
    [
        (("customer.view",), set()),
        (("customer.view", "customer.create"), {"data-new-url"}),
        (("customer.view", "customer.edit"), {"data-edit-url"}),
        (("customer.create", "customer.edit"), set()),
    ],
)
def test_a_look_up_offers_only_what_the_person_may(
    shop: Flask, visit: Visit, permissions: tuple[str, ...], offered: set[str]
) -> None:
    page = visit(shop, "order.view", "order.create", *permissions).get("/admin/order/new/").text

    assert {name for name in ("data-new-url", "data-edit-url") if name in page} == offered


def test_a_dialog_gets_the_form_without_the_shell(shop: Flask, visit: Visit) -> None:
    visitor = visit(shop, "*")

    whole, bare = (visitor.get(f"/admin/customer/{page}").text for page in ("new/", "new/?dialog=1"))

    assert "<html" in whole
    assert "_add_another" in whole
    assert "<html" not in bare
    assert "<script" not in bare
    assert "_add_another" not in bare
    assert 'name="email"' in bare
    assert 'name="csrf_token"' in bare


def test_a_save_in_a_dialog_answers_with_the_record_and_leaves_no_message_behind(shop: Flask, visit: Visit) -> None:
    visitor = visit(shop, "*")

    made = visitor.submit("/admin/customer/new/?dialog=1", name="Bo", email="bo@example.com")
    changed = visitor.submit("/admin/customer/edit/?id=2&dialog=1", name="Bob")

    assert made.json == {"key": "2", "text": "Bo"}
    assert changed.json == {"key": "2", "text": "Bob"}
    assert "Record was successfully" not in visitor.get("/admin/customer/").text


def test_a_wrong_form_comes_back_to_the_dialog_without_the_shell(shop: Flask, visit: Visit) -> None:
    answer = visit(shop, "*").submit("/admin/customer/new/?dialog=1", name="Bo", email="")

    assert answer.status_code == 422
    assert "<html" not in answer.text
    assert "This field is required." in answer.text


def test_two_people_in_dialogs_are_shown_both_versions(shop: Flask, visit: Visit) -> None:
    visitor = visit(shop, "*")
    shown = visitor.get("/admin/customer/edit/?id=1&dialog=1").text
    digest = shown.split('name="record_digest" value="')[1].split('"')[0]
    visitor.submit("/admin/customer/edit/?id=1", name="Ada L.")

    answer = visitor.send(
        "/admin/customer/edit/?id=1&dialog=1",
        {"name": "Ada K.", "email": "ada@example.com", "record_digest": digest},
    )

    assert answer.status_code == 409
    assert "<html" not in answer.text
    assert "Ada L." in answer.text
    assert "Ada K." in answer.text
    with shop.app_context():
        assert db.session.get_one(Customer, 1).name == "Ada L."


def test_a_dialog_opens_no_door(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "order.view", "order.create", "customer.view")

    assert clerk.get("/admin/customer/new/?dialog=1").status_code == 403
    assert clerk.send("/admin/customer/new/?dialog=1", {"name": "Bo", "email": "bo@example.com"}).status_code == 403
    assert shop.test_client().get("/admin/customer/new/?dialog=1").status_code == 302
    with shop.app_context():
        assert db.session.query(Customer).count() == 1
