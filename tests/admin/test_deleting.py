"""Deletes and bulk actions: asked, compared with what was shown, explained when something is in the way."""

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hostel import Bicycle, House, Invoice, Review, Room
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add, hidden
from workshop import Country, Gadget, Label, Repair, Shelf

from demijohn import db
from demijohn.admin import ModelView, action
from demijohn.admin.consequences import plural
from demijohn.admin.formatting import noun


class Orders(ModelView):
    model = Order

    @action("double", "Double", "Double the totals?")
    def double(self, ids: list[int]) -> None:
        db.session.execute(sa.update(Order).where(Order.id.in_(ids)).values(note=f"doubled {ids}"))
        db.session.commit()

    @action("look", "Look", permission="view")
    def look(self, ids: list[int]) -> str:
        return f"looked at {ids}"


@pytest.fixture
def shop(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(admin_views=[Orders], database={"url": database_url})
    ada = Customer(name="Ada", email="ada@example.com")
    add(app, ada, Customer(name="Ben", email="ben@example.com"))
    add(app, *(Order(customer_id=1, total=Decimal(n)) for n in range(12)))
    return app


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return int(db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0)


def test_a_row_is_deleted_after_asking(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    page = clerk.get("/admin/order/delete/?id=3&url=/admin/order/")
    fields = {name: hidden(page.text, name) for name in ("id", "record_digest", "url")}

    answer = clerk.send("/admin/order/delete/", fields)

    assert (page.status_code, count(shop, Order)) == (200, 11)
    assert (answer.status_code, answer.location) == (302, "/admin/order/")


def test_a_row_changed_since_it_was_shown_is_not_deleted(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    digest = hidden(clerk.get("/admin/order/delete/?id=3").text, "record_digest")
    with shop.app_context():
        db.session.get(Order, 3).total = Decimal(1000)
        db.session.commit()

    answer = clerk.send("/admin/order/delete/", {"id": "3", "record_digest": digest})
    fresh = hidden(answer.text, "record_digest")
    knowingly = clerk.send("/admin/order/delete/", {"id": "3", "record_digest": fresh})

    assert (answer.status_code, knowingly.status_code, count(shop, Order)) == (409, 302, 11)


def test_nothing_is_done_to_what_was_not_shown(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    asked = [
        clerk.send("/admin/order/delete/", {"id": "3"}),
        clerk.send("/admin/order/delete/", {"id": "3", "record_digest": ""}),
        clerk.send("/admin/order/action/", {"action": "delete", "rowid": ["3", "4"]}),
        clerk.send("/admin/order/action/", {"action": "double", "rowid": ["3", "4"]}),
    ]

    assert [(answer.status_code, "meanwhile" in answer.text) for answer in asked] == [(409, False)] * 4
    assert ["Delete this record?" in asked[0].text, "Double?" in asked[3].text] == [True, True]
    assert count(shop, Order) == 12
    with shop.app_context():
        assert db.session.get(Order, 3).note is None


def test_what_is_used_is_not_deleted_and_says_by_what(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    answer = clerk.confirm("/admin/customer/delete/", {"id": "1"})

    assert answer.status_code == 409
    assert "12 orders use this customer" in answer.text
    assert count(shop, Customer) == 2
    link = next(part for part in answer.text.split('"') if part.startswith("/admin/order/?flt"))
    listed = clerk.get(link.replace("&amp;", "&"))
    assert listed.status_code == 200
    assert "Ada" in listed.text


def test_what_is_not_used_is_deleted(shop: Flask, visit: Visit) -> None:
    visit(shop, "*").confirm("/admin/customer/delete/", {"id": "2"})

    assert count(shop, Customer) == 1


def test_the_number_is_told_to_who_may_not_see_the_others(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "customer.view", "customer.delete")

    answer = clerk.confirm("/admin/customer/delete/", {"id": "1"})

    assert "12 orders use this customer" in answer.text
    assert "/admin/order/" not in answer.text


def test_chosen_rows_are_deleted_together(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    answer = clerk.confirm("/admin/order/action/", {"action": "delete", "rowid": ["1", "2", "abc", "9" * 40]})

    assert (answer.status_code, count(shop, Order)) == (302, 10)


def test_all_or_none_of_the_chosen_rows_are_deleted(shop: Flask, visit: Visit) -> None:
    answer = visit(shop, "*").confirm("/admin/customer/action/", {"action": "delete", "rowid": ["1", "2"]})

    assert (answer.status_code, count(shop, Customer)) == (409, 2)


def digests(page: str) -> list[str]:
    import re

    return re.findall(r"\b[0-9a-f]{64}\b", page)


def test_a_bulk_delete_asks_about_rows_that_changed(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    shown = digests(clerk.get("/admin/order/").text)
    with shop.app_context():
        db.session.get(Order, 3).total = Decimal(1000)
        db.session.commit()

    changed = clerk.send("/admin/order/action/", {"action": "delete", "rowid": ["3", "4"], "rowdigest": shown})
    same = clerk.send("/admin/order/action/", {"action": "delete", "rowid": ["5", "4"], "rowdigest": shown})

    assert len(set(shown)) >= 12
    assert (changed.status_code, same.status_code, count(shop, Order)) == (409, 302, 10)


def test_an_action_gets_keys_in_the_columns_own_type(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    done = clerk.confirm("/admin/order/action/", {"action": "double", "rowid": ["1", "2", "x"]})
    seen = clerk.confirm("/admin/order/action/", {"action": "look", "rowid": ["1", "999"]})

    assert (done.status_code, seen.text) == (302, "looked at [1]")
    with shop.app_context():
        assert db.session.get(Order, 1).note == "doubled [1, 2]"


@pytest.mark.parametrize(
    ("held", "name", "status"),
    [(("order.view",), "look", 200), (("order.view",), "double", 403), (("order.view", "order.edit"), "double", 302)],
)
def test_an_action_asks_for_its_permission(
    shop: Flask, visit: Visit, held: tuple[str, ...], name: str, status: int
) -> None:
    assert visit(shop, *held).confirm("/admin/order/action/", {"action": name, "rowid": "1"}).status_code == status


def test_an_unknown_action_does_nothing(shop: Flask, visit: Visit) -> None:
    assert visit(shop, "*").send("/admin/order/action/", {"action": "fly", "rowid": "1"}).status_code == 302


@pytest.fixture
def workshop(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin("workshop", database={"url": database_url})
    add(app, Gadget(name="Plane", labels=[Label(name="old")]), Country(code="N,O", name="Norway"))
    add(app, Shelf(hall="A", number=1), Shelf(hall="A", number=2), Repair(gadget_id=1))
    return app


@pytest.fixture
def hostel(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin("hostel", database={"url": database_url})
    add(app, House(name="North"), House(name="South"), House(name="East"))
    add(app, *(Room(house_id=key, name=f"room {n}") for key in (1, 2) for n in range(3)))
    add(app, Bicycle(house_id=1, name="red"), *(Review(house_id=1, body="fine") for _ in range(2)))
    return app


def test_what_goes_along_is_named_before(hostel: Flask, visit: Visit) -> None:
    clerk = visit(hostel, "*")

    page = clerk.get("/admin/hostel_house/delete/?id=1")
    alone = clerk.get("/admin/hostel_house/delete/?id=3")
    done = clerk.submit("/admin/hostel_house/delete/?id=1")

    for line in ("3 rooms, deleted with it", "2 reviews, deleted with it", "1 bicycle, kept without it"):
        assert line in page.text
    assert "What else happens" not in alone.text
    assert (page.status_code, done.status_code) == (200, 302)
    assert [count(hostel, model) for model in (House, Room, Review, Bicycle)] == [2, 3, 0, 1]


def test_what_is_in_the_way_is_named_before_anything_is_pressed(hostel: Flask, visit: Visit) -> None:
    add(hostel, Invoice(house_id=2, body="May"), Invoice(house_id=1, body="May"))
    clerk = visit(hostel, "*")

    one = clerk.get("/admin/hostel_house/delete/?id=2")
    several = clerk.send("/admin/hostel_house/action/", {"action": "delete", "rowid": ["1", "2", "3"]})
    free = clerk.send("/admin/hostel_house/action/", {"action": "delete", "rowid": ["3"]})

    assert (one.status_code, "1 invoice uses this house" in one.text) == (200, True)
    assert (several.status_code, "2 invoices use these houses" in several.text) == (409, True)
    assert ["btn-danger" in main(page.text) for page in (one, several, free)] == [False, False, True]


def main(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def test_links_of_a_many_to_many_do_not_block(workshop: Flask, visit: Visit) -> None:
    visit(workshop, "*").confirm("/admin/label/delete/", {"id": "1"})

    assert count(workshop, Label) == 0


def test_a_foreign_key_without_a_relationship_blocks(workshop: Flask, visit: Visit) -> None:
    answer = visit(workshop, "*").confirm("/admin/gadget/delete/", {"id": "1"})

    assert (answer.status_code, "1 repair uses this gadget" in answer.text) == (409, True)
    assert count(workshop, Gadget) == 1


def test_keys_of_text_and_of_two_columns_are_deleted(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")

    visitor.confirm("/admin/country/action/", {"action": "delete", "rowid": "N.,O"})
    visitor.confirm("/admin/shelf/action/", {"action": "delete", "rowid": ["A,1", "A,x"]})

    assert (count(workshop, Country), count(workshop, Shelf)) == (0, 1)


@pytest.mark.parametrize(
    ("one", "many"),
    [("order", "orders"), ("box", "boxes"), ("country", "countries"), ("day", "days"), ("order line", "order lines")],
)
def test_nouns_have_a_plural(one: str, many: str) -> None:
    assert plural(one) == many


def test_a_record_is_called_by_its_class_in_words() -> None:
    class OrderLine: ...

    assert noun(OrderLine) == "order line"


def ask_all(app: Flask, clerk: Any, query: str, action: str = "delete") -> tuple[Any, dict[str, str]]:
    """The page that asks about everything that matches, and what its form would send."""
    page = clerk.send("/admin/order/action/", {"action": action, "matching": query})
    names = ("action", "matching", "group_digest", "url")
    return page, {name: hidden(page.text, name).replace("&amp;", "&") for name in names}


def test_everything_that_matches_is_deleted_after_saying_how_many(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    page, fields = ask_all(shop, clerk, "flt0_total_greater_than=3")

    assert (page.status_code, "8 records" in page.text, count(shop, Order)) == (409, True, 12)
    assert clerk.send("/admin/order/action/", fields).status_code == 302
    assert count(shop, Order) == 4


def test_everything_without_a_filter_is_everything_the_list_shows(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    _, fields = ask_all(shop, clerk, "by=", action="double")

    clerk.send("/admin/order/action/", fields)

    with shop.app_context():
        notes = db.session.scalars(sa.select(Order.note)).all()
    assert all(note is not None and note.startswith("doubled [1, 2, 3") for note in notes)


@pytest.mark.parametrize("late", ["changed", "one more", "one less"])
def test_what_matches_otherwise_than_confirmed_is_asked_again(shop: Flask, visit: Visit, late: str) -> None:
    clerk = visit(shop, "*")
    _, fields = ask_all(shop, clerk, "flt0_total_greater_than=3")
    if late == "one more":
        add(shop, Order(customer_id=1, total=Decimal(50)))
    with shop.app_context():
        order = db.session.get_one(Order, 8)
        order.total = {"changed": Decimal(99), "one less": Decimal(1)}.get(late, order.total)
        db.session.commit()
    before = count(shop, Order)

    page = clerk.send("/admin/order/action/", fields)

    assert (page.status_code, "Somebody changed this since" in page.text) == (409, True)
    assert count(shop, Order) == before


def test_a_made_up_confirmation_counts_for_nothing(shop: Flask, visit: Visit) -> None:
    fields = {"action": "delete", "matching": "by=", "group_digest": "0" * 64}

    assert visit(shop, "*").send("/admin/order/action/", fields).status_code == 409
    assert count(shop, Order) == 12


def test_all_that_matches_asks_for_the_actions_permission(shop: Flask, visit: Visit) -> None:
    answer = visit(shop, "order.view", "order.edit").send(
        "/admin/order/action/", {"action": "delete", "matching": "by="}
    )

    assert (answer.status_code, count(shop, Order)) == (403, 12)


def test_too_many_at_once_are_told_to_be_narrowed(shop: Flask, visit: Visit) -> None:
    with shop.app_context():
        db.session.execute(sa.insert(Order), [{"customer_id": 1, "total": 1, "status": "draft"} for _ in range(1_000)])
        db.session.commit()
    clerk = visit(shop, "*")

    assert clerk.send("/admin/order/action/", {"action": "delete", "matching": "by="}).status_code == 302
    assert "At most 1000 records at once." in clerk.get("/admin/order/").text
    assert count(shop, Order) == 1_012
