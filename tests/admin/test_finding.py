"""The search over everything, and what the palette asks: attacked by people who may see little."""

import pytest
from flask import Flask
from shop import Customer, Order
from sqlalchemy import select
from tests.admin.conftest import MakeAdmin, Visit, add

from demijohn import db

SEARCH = "/admin/global-search/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(database={"url": database_url})
    ada = Customer(name="Ada Lovelace", email="ada@example.com")
    many = [Customer(name=f"Adalbert {number}", email=f"adalbert{number}@example.com") for number in range(6)]
    add(app, Order(customer=ada, total=5), *many)
    return app


def found(app: Flask, visit: Visit, text: str, *permissions: str) -> dict[str, list[str]]:
    answer = visit(app, *permissions).client.get(SEARCH, query_string={"q": text}, headers=JSON)
    assert answer.status_code == 200
    assert answer.json["skipped"] == []
    return {group["name"]: [record["title"] for record in group["records"]] for group in answer.json["groups"]}


def test_each_word_is_looked_for_in_own_and_related_columns_of_every_model(app: Flask, visit: Visit) -> None:
    assert found(app, visit, "love ada", "*") == {"Customer": ["Ada Lovelace"], "Order": ["Order 1"]}


def test_a_few_of_each_and_the_list_that_has_them_all(app: Flask, visit: Visit) -> None:
    page = visit(app, "*").get(f"{SEARCH}?q=adalbert").text

    assert page.count("/admin/customer/details/?id=") == 5
    assert "/admin/customer/?search=adalbert" in page


def test_what_is_called_so_comes_before_what_only_holds_the_word(app: Flask, visit: Visit) -> None:
    add(app, Order(customer=Customer(name="Bert Ordway", email="bert@example.com"), total=5, note="ordered by phone"))

    answer = found(app, visit, "Ord", "order.view", "customer.view")

    assert list(answer.items()) == [("Order", ["ordered by phone"]), ("Customer", ["Bert Ordway"])]


def test_only_models_one_may_view_are_searched(app: Flask, visit: Visit) -> None:
    assert found(app, visit, "lovelace", "order.view", "customer.view").keys() == {"Customer", "Order"}
    assert found(app, visit, "lovelace", "user.view") == {}


@pytest.mark.parametrize("text", ["", "a", " ", "\x00\x00", "%" * 300, "' OR 1=1 --", "^", "=="])
def test_odd_searches_find_nothing_and_fail_nowhere(app: Flask, visit: Visit, text: str) -> None:
    page = visit(app, "*").client.get(SEARCH, query_string={"q": text})

    assert page.status_code == 200
    assert "Lovelace" not in page.text


def test_strangers_and_people_without_rights_search_nothing(app: Flask, visit: Visit) -> None:
    for address in (SEARCH, f"{SEARCH}places/", f"{SEARCH}seen/?at=customer:1"):
        assert visit(app).get(address).status_code == 302
        assert visit(app, "-").get(address).status_code == 403


def test_places_are_the_pages_one_may_open_and_what_one_may_make(app: Flask, visit: Visit) -> None:
    def places(*permissions: str) -> set[tuple[str, str]]:
        return {(place["kind"], place["name"]) for place in visit(app, *permissions).get(f"{SEARCH}places/").json}

    assert places("customer.view") == {("page", "Dashboard"), ("page", "Customer"), ("page", "Background work")}
    assert ("new", "New customer") in places("customer.view", "customer.create")
    assert ("new", "Import into Customer") in places("customer.view", "customer.create")
    assert ("page", "Users") in places("*")


def test_records_seen_before_are_named_while_one_may_see_them(app: Flask, visit: Visit) -> None:
    with app.app_context():
        ada = db.session.scalars(select(Customer.id).where(Customer.name == "Ada Lovelace")).one()
    asked = f"{SEARCH}seen/?at=customer:{ada}&at=order:1&at=customer:99&at=nothing:1&at=user:1&at=order:x"
    visitor = visit(app, "customer.view", "order.view")

    assert [one["name"] for one in visitor.get(asked).json] == ["Ada Lovelace", "Order 1"]
    with app.app_context():
        db.session.delete(db.session.get_one(Order, 1))
        db.session.commit()
    assert [one["name"] for one in visitor.get(asked).json] == ["Ada Lovelace"]
