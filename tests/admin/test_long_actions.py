"""Actions in the background: piece by piece, with the rights of the moment; and actions that ask for records."""

import re
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, unescape
from wtforms.validators import ValidationError

from demijohn import db
from demijohn.admin import ModelView, action
from demijohn.admin.jobs.models import AdminJob
from demijohn.admin.jobs.runner import jobs_of
from demijohn.admin.selection import MOST
from demijohn.audit.models import AuditEntry
from demijohn.auth import scope
from demijohn.auth.models import Role

CALLS: list[list[int]] = []
LIST = "/admin/order/"


class LongOrders(ModelView):
    model = Order

    @action("remind", "Send reminders", "Remind them?", background=True)
    def remind(self, ids: list[int]) -> None:
        CALLS.append(ids)
        for order in db.session.scalars(sa.select(Order).where(Order.id.in_(ids))):
            if order.note == "never":
                raise ValidationError("They asked not to be reminded.")
            if order.note == "broken":
                raise RuntimeError("a bug")
            order.note = f"{order.note or ''}+"

    @action("move", "Move to a customer", background=True)
    def move(self, ids: list[int], customer: Customer, status: Status = Status.PAID) -> None:
        db.session.execute(sa.update(Order).where(Order.id.in_(ids)).values(customer_id=customer.id, status=status))

    @action("give", "Give to a customer")
    def give(self, ids: list[int], customer: Customer | None, others: list[Customer] = []) -> None:  # noqa: B006
        note = ", ".join(str(one) for one in (customer, *others) if one is not None)
        db.session.execute(sa.update(Order).where(Order.id.in_(ids)).values(note=note))
        db.session.commit()


@pytest.fixture
def shop(make_admin: MakeAdmin, database_url: str) -> Flask:
    CALLS.clear()
    app = make_admin(admin_views=[LongOrders], database={"url": database_url})
    add(app, Customer(name="Ada", email="ada@example.com"), Customer(name="Bob", email="bob@example.com"))
    add(app, *(Order(customer_id=1, total=Decimal(n)) for n in range(1, 251)))
    return app


def shown(page: str) -> dict[str, Any]:
    main = page[page.index("<main") :]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', main):
        found.setdefault(name, []).append(unescape(value))
    return found


def ask_all(visitor: Visitor, name: str = "remind", query: str = "", **more: Any) -> Any:
    """Ask for everything that matches, and press the button of the page that says how many."""
    fields = {"action": name, "matching": query or "by=id", **more}
    page = visitor.send(f"{LIST}action/", fields)
    assert page.status_code == 409
    return page, visitor.send(f"{LIST}action/", {**fields, "group_digest": shown(page.text)["group_digest"][0], **more})


def notes(app: Flask) -> list[str | None]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Order.note).order_by(Order.id)))


def job(app: Flask) -> Any:
    with app.app_context():
        return db.session.scalars(sa.select(AdminJob)).one()


def set_note(app: Flask, note: str, *ids: int) -> None:
    with app.app_context():
        db.session.execute(sa.update(Order).where(Order.id.in_(ids)).values(note=note))
        db.session.commit()


def test_everything_that_matches_is_done_piece_by_piece(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")

    asked, answer = ask_all(boss)
    assert "250" in asked.text
    assert (answer.location, CALLS) == ("/admin/-/jobs/1/", [])
    assert jobs_of(shop).run_waiting() == 1

    assert [len(call) for call in CALLS] == [100, 100, 50]
    assert notes(shop) == ["+"] * 250
    page = boss.get("/admin/-/jobs/1/").text
    assert "Done: 250 records." in page
    with shop.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "action.remind")).one()
        assert (entry.changes, entry.channel) == ({"records": [None, 250]}, "job")


def test_chosen_records_are_done_in_the_background_too(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")

    answer = boss.confirm(f"{LIST}action/", {"action": "remind", "rowid": ["3", "5"]})
    jobs_of(shop).run_waiting()

    assert answer.location == "/admin/-/jobs/1/"
    assert CALLS == [[3, 5]]


def test_more_records_are_done_than_an_action_in_a_request_takes(shop: Flask, visit: Visit) -> None:
    add(shop, *(Order(customer_id=1, total=Decimal(n)) for n in range(MOST)))

    ask_all(visit(shop, "*"))
    jobs_of(shop).run_waiting()

    assert notes(shop) == ["+"] * (MOST + 250)


def test_a_record_that_is_refused_keeps_no_other_from_it(shop: Flask, visit: Visit) -> None:
    set_note(shop, "never", 7, 150)
    boss = visit(shop, "*")

    ask_all(boss)
    jobs_of(shop).run_waiting()

    assert [note for note in notes(shop) if note != "+"] == ["never", "never"]
    page = boss.get("/admin/-/jobs/1/").text
    assert "Done: 248 records." in page
    assert "7: They asked not to be reminded." in page


def test_a_fault_stops_the_work_which_goes_on_where_it_stopped(shop: Flask, visit: Visit) -> None:
    set_note(shop, "broken", 150)
    boss = visit(shop, "*")
    ask_all(boss)
    jobs_of(shop).run_waiting()
    assert (job(shop).state, job(shop).done) == ("failed", 100)
    set_note(shop, "mended", 150)
    CALLS.clear()

    boss.send("/admin/-/jobs/1/again/", {"mode": "continue"})
    jobs_of(shop).run_waiting()

    assert [call[0] for call in CALLS] == [101, 201]
    assert notes(shop) == ["+"] * 149 + ["mended+"] + ["+"] * 100
    assert boss.send("/admin/-/jobs/1/again/", {"mode": "start"}).status_code == 403


def test_records_that_are_gone_or_out_of_sight_are_named(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    ask_all(boss)
    with shop.app_context():
        db.session.execute(sa.delete(Order).where(Order.id == 9))
        db.session.commit()

    jobs_of(shop).run_waiting()

    assert "9: Record does not exist." in job(shop).message


def test_who_lost_the_right_meanwhile_does_nothing_more(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "order.view", "order.edit")
    ask_all(clerk)
    with shop.app_context():
        for role in db.session.scalars(sa.select(Role)):
            role.permissions = {"order.view"}
        db.session.commit()

    jobs_of(shop).run_waiting()

    assert (job(shop).state, CALLS) == ("failed", [])
    assert "You may not do this to Order any more." in job(shop).message


def test_readers_start_nothing(shop: Flask, visit: Visit) -> None:
    reader = visit(shop, "order.view")

    assert reader.send(f"{LIST}action/", {"action": "remind", "matching": "by=id"}).status_code == 403
    with shop.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AdminJob)) == 0


def test_answers_go_along_and_are_asked_first(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")
    _, form = ask_all(boss, "move", "flt0_total_smaller_than=3&by=id")
    assert 'name="answer-customer"' in form.text
    fields = {**shown(form.text), "answer-customer": "2", "answer-status": "PAID"}

    assert boss.send(f"{LIST}action/", {**fields, "csrf_token": fields["csrf_token"][0]}).status_code == 302
    jobs_of(shop).run_waiting()

    with shop.app_context():
        moved = db.session.scalars(sa.select(Order).where(Order.customer_id == 2)).all()
        assert [(one.id, one.status) for one in moved] == [(1, Status.PAID), (2, Status.PAID)]
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "action.move")).one()
        assert entry.changes["customer"] == [None, "Bob (2)"]


def give(visitor: Visitor, **answers: Any) -> Any:
    page = visitor.confirm(f"{LIST}action/", {"action": "give", "rowid": "1"})
    fields = {**shown(page.text), **{f"answer-{name}": value for name, value in answers.items()}}
    return visitor.send(f"{LIST}action/", {**fields, "csrf_token": fields["csrf_token"][0]})


def test_records_are_found_by_a_look_up_and_given_to_the_method(shop: Flask, visit: Visit) -> None:
    boss = visit(shop, "*")

    found = boss.get(f"{LIST}ajax/lookup/?name=give-customer&query=bo").json
    assert found == [["2", "Bob"]]
    assert give(boss, customer="2", others="1,2").status_code == 302
    assert sorted(str(notes(shop)[0]).split(", ")) == ["Ada", "Bob", "Bob"]
    assert give(boss, customer="", others="").status_code == 302
    assert notes(shop)[0] == ""


@pytest.mark.parametrize("key", ["99", "x", "1%00", "1' or 1=1"])
def test_a_key_that_no_record_has_is_refused(shop: Flask, visit: Visit, key: str) -> None:
    page = give(visit(shop, "*"), customer=key)

    assert (page.status_code, "There is no such record." in page.text) == (422, True)


def test_who_may_not_see_the_records_may_not_choose_them(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "order.view", "order.edit")

    assert clerk.get(f"{LIST}ajax/lookup/?name=give-customer&query=bo").status_code == 403
    page = give(clerk, customer="2")
    assert (page.status_code, "You may not choose among these records." in page.text) == (422, True)


def test_a_record_out_of_sight_is_no_answer(shop: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scope.rows, Customer, lambda _: Customer.name == "Ada")
    clerk = visit(shop, "order.view", "order.edit", "customer.view")

    assert clerk.get(f"{LIST}ajax/lookup/?name=give-customer&query=").json == [["1", "Ada"]]
    page = give(clerk, customer="2")
    assert (page.status_code, "There is no such record." in page.text) == (422, True)
    page = give(clerk, customer="1", others="1,2")
    assert (page.status_code, notes(shop)[0]) == (422, None)


def test_more_refusals_than_are_named_are_counted(shop: Flask, visit: Visit) -> None:
    set_note(shop, "never", *range(1, 131))

    ask_all(visit(shop, "*"))
    jobs_of(shop).run_waiting()

    assert job(shop).message.startswith("Done: 120 records. Not done: 1: They asked")
    assert job(shop).message.endswith(" … +125")


def test_a_command_that_is_refused_says_how_far_it_came(shop: Flask) -> None:
    set_note(shop, "never", 99)  # the last of the keys as text
    keys = [str(key) for key in range(1, 131)]

    wrong = shop.test_cli_runner().invoke(args=["action", "run", "order", "remind", *keys, "--yes"])

    assert (wrong.exit_code, notes(shop)[0], notes(shop)[97]) == (1, "+", None)
    assert "They asked not to be reminded. Done before: 100 of 130." in wrong.output


def test_the_command_runs_in_pieces_and_takes_keys_of_records(shop: Flask) -> None:
    runner = shop.test_cli_runner()
    keys = [str(key) for key in range(1, 131)]

    done = runner.invoke(args=["action", "run", "order", "remind", *keys, "--yes"])
    assert (done.exit_code, [len(call) for call in CALLS]) == (0, [100, 30])
    done = runner.invoke(args=["action", "run", "order", "give", "1", "--set", "customer=2", "--set", "others=1"])
    assert (done.exit_code, notes(shop)[0]) == (0, "Bob, Ada")
    wrong = runner.invoke(args=["action", "run", "order", "give", "1", "--set", "customer=77"])
    assert (wrong.exit_code, "There is no customer with the key '77'." in wrong.output) == (2, True)
