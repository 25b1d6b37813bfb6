"""Saving: what people type is checked, faults are told at the field, and nobody overwrites anybody unknowingly."""

import datetime as dt
import re
import threading
import time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, add, form_values, hidden
from workshop import Country, Gadget, Grade, Label, Oddity, Repair
from wtforms.validators import ValidationError

from demijohn import db
from demijohn.admin import ModelView
from demijohn.auth.models import Role, user_class

MOMENT = dt.datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=dt.UTC)


@pytest.fixture
def workshop(make_admin: MakeAdmin) -> Flask:
    app = make_admin("workshop")
    labels = [Label(name="old"), Label(name="new")]
    add(app, *labels, Country(code="NO", name="Norway"))
    add(app, Gadget(name="Plane", serial="A1", grade=Grade.FINE, seen_at=MOMENT, price=Decimal("1.50"), api_key="sk-1"))
    return app


@pytest.fixture
def shop(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(database={"url": database_url})
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5), note="first"))
    return app


def only(app: Flask, model: Any, key: Any = 1) -> Any:
    with app.app_context():
        return db.session.get(model, key)


def test_a_record_is_made_and_edited(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    made = clerk.submit(
        "/admin/order/new/", customer="1", status="paid", total="12.34", note="", placed_at="2026-01-02T03:04"
    )
    edited = clerk.submit("/admin/order/edit/?id=2", total="99")

    assert (made.status_code, edited.status_code) == (302, 302)
    order = only(shop, Order, 2)
    assert (order.customer_id, order.status, order.total, order.note) == (1, Status.PAID, Decimal(99), None)
    assert order.placed_at == dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)


def test_a_form_sent_back_untouched_changes_nothing(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")

    answer = visitor.submit("/admin/gadget/edit/?id=1")

    assert answer.status_code == 302, answer.text
    gadget = only(workshop, Gadget)
    assert (gadget.seen_at, gadget.price, gadget.grade, gadget.api_key) == (MOMENT, Decimal("1.50"), Grade.FINE, "sk-1")
    with workshop.app_context():
        from demijohn.audit.log import history

        assert [entry.action for entry in db.session.scalars(history("gadget", 1))] == ["create"]


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("serial", "", None),
        ("serial", " ", " "),
        ("grade", "", None),
        ("grade", "rough", Grade.ROUGH),
        ("is_sold", "y", True),
        ("is_checked", "1", True),
        ("is_checked", "", None),
        ("weight", "9223372036854775807", 2**63 - 1),
        ("weight", "", None),
        ("price", "12345678901234.5678", Decimal("12345678901234.5678")),
        ("made_on", "2026-05-06", dt.date(2026, 5, 6)),
        ("seen_at", "2026-05-06T07:08", dt.datetime(2026, 5, 6, 7, 8, tzinfo=dt.UTC)),
        ("opens_at", "09:30", dt.time(9, 30)),
        ("story", "long " * 500, "long " * 500),
        ("country", "NO", "Norway"),
    ],
)
def test_every_kind_of_value_is_stored(workshop: Flask, visit: Visit, field: str, typed: str, stored: Any) -> None:
    answer = visit(workshop, "*").submit("/admin/gadget/edit/?id=1", **{field: typed})

    assert answer.status_code == 302, answer.text
    with workshop.app_context():
        value = getattr(db.session.get(Gadget, 1), field)
        assert (value.name if isinstance(value, Country) else value) == stored


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "x" * 256),
        ("name", "a\x00b"),
        ("grade", "no such"),
        ("weight", "abc"),
        ("weight", "9223372036854775808"),
        ("price", "NaN"),
        ("price", "Infinity"),
        ("price", "1.23456"),
        ("price", "1e30"),
        ("price", "abc"),
        ("made_on", "2026-13-01"),
        ("seen_at", "yesterday"),
        ("opens_at", "25:00"),
        ("mark", "not-a-uuid"),
        ("country", "XX"),
        ("country", "a\x00"),
        ("labels", "999"),
        ("labels", "abc"),
        ("labels", ",".join(map(str, range(600)))),
    ],
)
def test_a_wrong_value_is_told_at_its_field(workshop: Flask, visit: Visit, field: str, typed: str) -> None:
    answer = visit(workshop, "*").submit("/admin/gadget/edit/?id=1", **{field: typed})

    assert answer.status_code == 422
    assert only(workshop, Gadget).name == "Plane"


def test_many_to_many_is_chosen_and_emptied(workshop: Flask, visit: Visit) -> None:
    visitor = visit(workshop, "*")

    visitor.submit("/admin/gadget/edit/?id=1", labels="1,2")
    with workshop.app_context():
        both = {label.name for label in db.session.get(Gadget, 1).labels}
    visitor.submit("/admin/gadget/edit/?id=1", labels="")
    with workshop.app_context():
        none = list(db.session.get(Gadget, 1).labels)

    assert (both, none) == ({"old", "new"}, [])


def test_a_secret_can_not_be_written_through_the_form(workshop: Flask, visit: Visit) -> None:
    visit(workshop, "*").submit("/admin/gadget/edit/?id=1", api_key="sk-2", name="Saw")

    assert (only(workshop, Gadget).name, only(workshop, Gadget).api_key) == ("Saw", "sk-1")


def test_columns_named_as_form_methods_work(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin("workshop")
    names = ("meta", "data", "errors", "process", "validate", "populate_obj")
    visitor = visit(app, "*")

    made = visitor.submit("/admin/oddity/new/", **{name: f"my {name}" for name in names})
    edited = visitor.submit("/admin/oddity/edit/?id=1", meta="other")

    assert (made.status_code, edited.status_code) == (302, 302)
    oddity = only(app, Oddity)
    assert [getattr(oddity, name) for name in names] == ["other", *(f"my {name}" for name in names[1:])]


def test_a_form_does_not_carry_the_related_records(workshop: Flask, visit: Visit) -> None:
    add(workshop, *(Country(code=f"C{n}", name=f"Land {n}") for n in range(300)))

    assert "Land 7" not in visit(workshop, "*").get("/admin/gadget/edit/?id=1").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=country&query=land 29", 10),
        ("name=country&query=%25", 0),
        ("name=country&query=C7", 1),
        ("name=country&query=", 10),
        ("name=country&limit=9999999999", 100),
        ("name=country&limit=-5&offset=-7", 1),
        ("name=country&offset=99999999999999999999", 0),
        ("name=country&query=%00", 10),
    ],
)
def test_a_lookup_answers_a_few(workshop: Flask, visit: Visit, query: str, found: int) -> None:
    add(workshop, *(Country(code=f"C{n}", name=f"Land {n}") for n in range(300)))

    answer = visit(workshop, "*").get(f"/admin/gadget/ajax/lookup/?{query}")

    assert answer.status_code == 200
    assert len(answer.json) == found


def test_a_lookup_of_nothing_known_is_404(workshop: Flask, visit: Visit) -> None:
    assert visit(workshop, "*").get("/admin/gadget/ajax/lookup/?name=nonsense").status_code == 404


@pytest.mark.parametrize(("typed", "status"), [("1", 302), ("99", 422), ("abc", 422), ("", 422)])
def test_a_foreign_key_without_a_relationship_is_checked(
    workshop: Flask, visit: Visit, typed: str, status: int
) -> None:
    answer = visit(workshop, "*").submit("/admin/repair/new/", gadget_id=typed, cost="1")

    assert answer.status_code == status
    assert (only(workshop, Repair) is not None) is (status == 302)


def test_a_duplicate_is_told_at_the_field_without_sql(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    answer = clerk.submit("/admin/customer/new/", name="Twin", email="ada@example.com")

    assert answer.status_code == 422
    assert re.search("Already", answer.text)
    assert "constraint" not in answer.text.lower()
    assert "INSERT" not in answer.text


class Careful(ModelView):
    model = Customer

    def on_model_change(self, form: Any, model: Any, is_created: bool) -> None:
        if model.name == "Nobody":
            raise ValidationError("Nobody can't be a customer.")
        if model.name == "Boom":
            raise RuntimeError("secret detail")
        if model.name == "Late twin":
            model.email = "ada@example.com"


@pytest.fixture
def careful(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(admin_views=[Careful], database={"url": database_url})
    add(app, Customer(name="Ada", email="ada@example.com"))
    return app


def test_a_projects_own_rule_is_told_on_the_form(careful: Flask, visit: Visit) -> None:
    answer = visit(careful, "*").submit("/admin/customer/new/", name="Nobody", email="n@example.com")

    assert (answer.status_code, "Nobody can&#39;t be a customer." in answer.text) == (422, True)


def test_a_duplicate_that_only_the_database_sees_is_told_at_its_field(careful: Flask, visit: Visit) -> None:
    answer = visit(careful, "*").submit("/admin/customer/new/", name="Late twin", email="other@example.com")

    assert (answer.status_code, "Already in use." in answer.text) == (422, True)


def test_the_last_superuser_stays(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    boss = visit(app, "*")

    answer = boss.submit("/admin/user/edit/?id=1", is_superuser=None)

    assert answer.status_code == 422
    assert "last active superuser" in answer.text
    assert only(app, user_class()).is_superuser


def test_nobody_makes_themselves_a_superuser(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    clerk = visit(app, "user.view", "user.edit", "user.create", "role.view")

    own = clerk.submit("/admin/user/edit/?id=1", is_superuser="y")
    new = clerk.submit("/admin/user/new/", email="new@example.com", is_superuser="y")

    assert (own.status_code, new.status_code) == (422, 422)
    assert not only(app, user_class()).is_superuser
    assert only(app, user_class(), 2) is None


def test_a_superuser_can_step_down_when_another_stays(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    boss, _ = visit(app, "*"), visit(app, "*")

    answer = boss.submit("/admin/user/edit/?id=1", is_superuser=None)

    assert answer.status_code == 302
    assert not only(app, user_class()).is_superuser


def test_nobody_gives_a_right_they_lack(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    clerk = visit(app, "role.view", "role.edit", "role.create", "order.view")

    lacking = clerk.submit("/admin/role/new/", name="Strong", permissions=["order.view", "order.delete"])
    own = clerk.submit("/admin/role/edit/?id=1", permissions=["role.view", "role.edit", "order.delete"])
    held = clerk.submit("/admin/role/new/", name="Viewer", permissions=["order.view"])

    assert (lacking.status_code, own.status_code, held.status_code) == (422, 422, 302)
    assert "order.delete" in lacking.text


def test_the_second_of_two_people_gets_both_versions(shop: Flask, visit: Visit) -> None:
    ada, ben = visit(shop, "*"), visit(shop, "*")
    shown = form_values(ben.get("/admin/order/edit/?id=1").text)

    first = ada.submit("/admin/order/edit/?id=1", note="from Ada")
    second = ben.send("/admin/order/edit/?id=1", {**shown, "note": "from Ben", "total": "7"})

    assert (first.status_code, second.status_code) == (302, 409)
    assert "from Ada" in second.text
    assert "from Ben" in second.text
    order = only(shop, Order)
    assert (order.note, order.total) == ("from Ada", Decimal(5))

    knowingly = ben.send("/admin/order/edit/?id=1", form_values(second.text))

    assert knowingly.status_code == 302
    assert (only(shop, Order).note, only(shop, Order).total) == ("from Ben", Decimal(7))


def versions(page: str) -> dict[str, str]:
    """Field of a conflict -> the version that is chosen at first."""
    return dict(re.findall(r'name="take-(\w+)" value="(\w+)"[^>]*checked', page))


def test_what_only_one_of_two_people_changed_is_chosen_and_both_changes_are_kept(shop: Flask, visit: Visit) -> None:
    add(shop, Customer(name="Bo", email="bo@example.com"))
    ada, ben = visit(shop, "*"), visit(shop, "*")
    shown = form_values(ben.get("/admin/order/edit/?id=1").text)
    ada.submit("/admin/order/edit/?id=1", note="from Ada", customer="2")

    conflict = ben.send("/admin/order/edit/?id=1", {**shown, "total": "7", "status": "paid"})

    assert conflict.status_code == 409
    assert versions(conflict.text) == {"customer": "saved", "note": "saved", "status": "mine", "total": "mine"}
    fields = {**form_values(conflict.text), **{f"take-{k}": v for k, v in versions(conflict.text).items()}}
    assert ben.send("/admin/order/edit/?id=1", fields).status_code == 302
    order = only(shop, Order)
    assert (order.note, order.customer_id) == ("from Ada", 2)
    assert (order.total, order.status) == (Decimal(7), Status.PAID)


def test_what_both_changed_is_chosen_by_hand(shop: Flask, visit: Visit) -> None:
    ada, ben = visit(shop, "*"), visit(shop, "*")
    shown = form_values(ben.get("/admin/order/edit/?id=1").text)
    ada.submit("/admin/order/edit/?id=1", note="from Ada", total="6")

    conflict = ben.send("/admin/order/edit/?id=1", {**shown, "note": "from Ben", "total": "7"})
    fields = {**form_values(conflict.text), "take-note": "saved", "take-total": "mine"}

    assert versions(conflict.text) == {"note": "mine", "total": "mine"}
    assert ben.send("/admin/order/edit/?id=1", fields).status_code == 302
    assert (only(shop, Order).note, only(shop, Order).total) == ("from Ada", Decimal(7))


def test_a_field_left_as_saved_comes_back_with_the_form_if_another_is_wrong(shop: Flask, visit: Visit) -> None:
    ada, ben = visit(shop, "*"), visit(shop, "*")
    shown = form_values(ben.get("/admin/order/edit/?id=1").text)
    ada.submit("/admin/order/edit/?id=1", note="from Ada")
    conflict = ben.send("/admin/order/edit/?id=1", {**shown, "note": "from Ben"})

    fields = {**form_values(conflict.text), "take-note": "saved", "total": "abc"}
    wrong = ben.send("/admin/order/edit/?id=1", fields)

    assert wrong.status_code == 422
    assert form_values(wrong.text)["note"] == "from Ada"
    assert list(form_values(wrong.text)) == list(shown)


@pytest.mark.parametrize("digest", [None, "", "x", "0" * 64, "ü"], ids=["none", "empty", "short", "forged", "odd"])
def test_a_missing_or_forged_digest_saves_nothing(shop: Flask, visit: Visit, digest: str | None) -> None:
    answer = visit(shop, "*").submit("/admin/order/edit/?id=1", record_digest=digest, note="sneaked in")

    assert answer.status_code == 409
    assert only(shop, Order).note == "first"


def test_a_digest_of_another_record_does_not_count(shop: Flask, visit: Visit) -> None:
    add(shop, Order(customer_id=1, total=Decimal(5), note="first"))
    clerk = visit(shop, "*")
    other = hidden(clerk.get("/admin/order/edit/?id=2").text, "record_digest")

    assert clerk.submit("/admin/order/edit/?id=1", record_digest=other, note="x").status_code == 409


def test_a_correction_keeps_the_first_digest(shop: Flask, visit: Visit) -> None:
    ada, ben = visit(shop, "*"), visit(shop, "*")
    wrong = ben.submit("/admin/order/edit/?id=1", total="abc")
    ada.submit("/admin/order/edit/?id=1", note="from Ada")

    again = ben.send("/admin/order/edit/?id=1", {**form_values(wrong.text), "total": "8"})

    assert (wrong.status_code, again.status_code) == (422, 409)


class Slow(ModelView):
    model = Order

    def on_model_change(self, form: Any, model: Any, is_created: bool) -> None:
        time.sleep(0.2)  # long enough for the others to have read the row


def test_of_saves_at_once_one_wins(make_admin: MakeAdmin, database_url: str, visit: Visit) -> None:
    shop = make_admin(admin_views=[Slow], database={"url": database_url})
    add(shop, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5), note="first"))
    clerks = [visit(shop, "*") for _ in range(4)]
    shown = [form_values(clerk.get("/admin/order/edit/?id=1").text) for clerk in clerks]
    start, statuses = threading.Barrier(4), [0] * 4

    def save(number: int) -> None:
        start.wait()
        fields = {**shown[number], "note": f"clerk {number}", "csrf_token": tokens[number]}
        statuses[number] = clerks[number].client.post("/admin/order/edit/?id=1", data=fields).status_code

    tokens = [clerk.client.get("/test-token").text for clerk in clerks]
    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [302, 409, 409, 409]
    assert only(shop, Order).note == f"clerk {statuses.index(302)}"


def test_a_record_deleted_meanwhile_is_not_a_fault(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    shown = form_values(clerk.get("/admin/order/edit/?id=1").text)
    with shop.app_context():
        db.session.execute(sa.delete(Order))
        db.session.commit()

    answer = clerk.send("/admin/order/edit/?id=1", shown)

    assert answer.status_code == 302
    assert only(shop, Order) is None


def test_a_role_is_given_permissions_by_boxes(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    boss = visit(app, "*")

    page = boss.get("/admin/role/new/").text
    made = boss.submit("/admin/role/new/", name="Clerk", permissions=["order.view", "order.edit"])
    wrong = boss.submit("/admin/role/new/", name="Other", permissions=["order.fly"])

    assert "<fieldset><legend>Order</legend>" in page
    assert (made.status_code, wrong.status_code) == (302, 422)
    with app.app_context():
        role = db.session.scalars(sa.select(Role).where(Role.name == "Clerk")).one()
        assert set(role.permissions) == {"order.view", "order.edit"}
