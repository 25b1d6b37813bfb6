"""scope: which rows a user sees, in queries and for records at hand."""

from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import helpdesk
import pytest
import sqlalchemy as sa
from flask import Flask
from helpdesk import Asset, Client, Complaint, Desk, Laptop, Part, Phone, Ticket, Visit
from setup_faults import Mending
from tests.auth.test_can import a_user
from tests.conftest import MakeApp

from demijohn import can, current_user, db
from demijohn.auth import scope
from demijohn.auth.models import Role, UserBase, user_class
from demijohn.auth.rows import in_scope, row_condition


@pytest.fixture
def desk(make_app: MakeApp, database_url: str) -> Iterator[Flask]:
    """The help desk with two agents (1, 2) and a superuser (3), inside a request."""
    app = make_app("helpdesk", database={"url": database_url})
    with app.test_request_context():
        role = Role(name="agents", permissions={"ticket.view", "ticket.edit"})
        for number, roles in ((1, [role]), (2, [role]), (3, [])):
            db.session.add(user_class()(id=number, email=f"{number}@example.com", roles=roles, is_superuser=not roles))
        for number, agent in ((1, 1), (2, 1), (3, 2), (4, None)):
            db.session.add(Ticket(id=number, title=f"ticket {number}", agent_id=agent))
        db.session.commit()
        yield app


def person(key: int) -> UserBase:
    return db.session.get_one(user_class(), key)


def keys(model: type, user: Any) -> list[Any]:
    return sorted(row.id for row in db.session.scalars(scope.select(model, user)))


def test_a_user_gets_the_rows_of_the_scope(desk: Flask) -> None:
    assert keys(Ticket, person(1)) == [1, 2]
    assert keys(Ticket, person(2)) == [3]


def test_a_superuser_gets_every_row(desk: Flask) -> None:
    assert keys(Ticket, person(3)) == [1, 2, 3, 4]


def test_strangers_and_disabled_users_get_none(desk: Flask) -> None:
    disabled = person(2)
    disabled.is_active = False

    assert keys(Ticket, None) == []
    assert keys(Ticket, current_user) == []
    assert keys(Ticket, disabled) == []
    assert not in_scope(current_user, db.session.get(Ticket, 1))


def test_a_model_without_a_scope_is_whole_for_everybody(desk: Flask) -> None:
    db.session.add_all([user_class()(email="x@example.com")])

    assert row_condition(user_class(), None) is None


def test_the_condition_goes_into_any_statement(desk: Flask) -> None:
    count = sa.select(sa.func.count()).select_from(Ticket).where(scope.condition(Ticket, person(1)))

    assert db.session.scalar(count) == 2


@pytest.mark.parametrize("child", [Visit, Complaint], ids=["a table of its own", "the same table"])
def test_a_child_class_inherits_the_scope(desk: Flask, child: type) -> None:
    db.session.add_all([child(id=10, title="mine", agent_id=1), child(id=11, title="theirs", agent_id=2)])
    db.session.commit()

    assert keys(child, person(1)) == [10]
    assert keys(Ticket, person(1)) == [1, 2, 10]
    assert [in_scope(person(1), db.session.get(child, key)) for key in (10, 11)] == [True, False]
    assert can(person(1), "ticket.edit", db.session.get(Ticket, 10))
    assert not can(person(1), "ticket.edit", db.session.get(Ticket, 11))


def test_what_a_childs_scope_leaves_out_is_not_among_its_parents_rows(desk: Flask) -> None:
    db.session.add_all(
        [
            Asset(id=1, name="chair"),
            Laptop(id=2, name="public", is_public=True),
            Laptop(id=3, name="private", is_public=False),
            Laptop(id=4, name="unknown", is_public=None),
            Phone(id=5, name="mine", agent_id=1),
            Phone(id=6, name="theirs", agent_id=2),
            Phone(id=7, name="nobody's"),
        ]
    )
    db.session.commit()

    assert keys(Asset, person(1)) == [1, 2, 5]
    assert keys(Laptop, person(1)) == [2]
    assert keys(Phone, person(1)) == [5]
    assert keys(Asset, person(3)) == [1, 2, 3, 4, 5, 6, 7]
    assert not in_scope(person(1), db.session.get(Asset, 4))


def test_a_condition_through_a_relation_holds(desk: Flask) -> None:
    db.session.add_all(
        [Part(ticket_id=1, name="a"), Part(ticket_id=1, name="b", is_secret=True), Part(ticket_id=3, name="c")]
    )
    db.session.commit()

    assert [p.name for p in db.session.scalars(scope.select(Part, person(1)))] == ["a"]


def test_a_record_of_two_keys_is_found_in_scope(desk: Flask) -> None:
    db.session.add_all([Desk(room="a", number=1, agent_id=1), Desk(room="a", number=2, agent_id=2)])
    db.session.commit()

    assert [in_scope(person(1), db.session.get(Desk, ("a", number))) for number in (1, 2)] == [True, False]


def test_can_asks_the_row_besides_the_permission(desk: Flask) -> None:
    one, three = db.session.get(Ticket, 1), db.session.get(Ticket, 3)

    assert can(person(1), "ticket.edit", one)
    assert not can(person(1), "ticket.edit", three)
    assert not can(person(1), "ticket.delete", one)
    assert can(person(1), "ticket.edit")
    assert can(person(3), "ticket.delete", three)


def test_many_records_are_judged_by_one_statement(desk: Flask) -> None:
    tickets = list(db.session.scalars(sa.select(Ticket).order_by(Ticket.id)))
    agent = person(1)
    can(agent, "ticket.view")
    seen: list[str] = []
    sa.event.listen(db.engine, "before_cursor_execute", lambda _c, _k, text, *_: seen.append(text))

    answers = [can(agent, "ticket.view", ticket) for ticket in tickets]

    assert answers == [True, True, False, False]
    assert len(seen) == 1


def test_a_change_in_the_same_request_is_seen(desk: Flask) -> None:
    ticket, agent = db.session.get_one(Ticket, 1), person(1)
    before = in_scope(agent, ticket)
    ticket.agent_id = 2
    unsaved = in_scope(agent, ticket)
    db.session.flush()
    saved = in_scope(agent, ticket)
    db.session.rollback()

    assert (before, unsaved, saved, in_scope(agent, ticket)) == (True, True, False, True)


def test_a_savepoint_rolled_back_gives_the_row_back(desk: Flask) -> None:
    ticket, agent = db.session.get_one(Ticket, 1), person(1)
    with db.session.begin_nested() as savepoint:
        ticket.agent_id = 2
        db.session.flush()
        assert not in_scope(agent, ticket)
        savepoint.rollback()

    assert in_scope(agent, ticket)


def test_a_bulk_change_in_the_same_request_is_seen(desk: Flask) -> None:
    ticket, agent = db.session.get_one(Ticket, 1), person(1)
    assert in_scope(agent, ticket)

    db.session.execute(sa.update(Ticket).values(agent_id=2), execution_options={"synchronize_session": False})

    assert not in_scope(agent, ticket)


def test_a_record_not_stored_yet_is_judged_by_the_permission(desk: Flask) -> None:
    assert can(person(1), "ticket.edit", Ticket(title="new", agent_id=2))


def test_what_is_no_record_has_no_row(desk: Flask) -> None:
    assert can(person(1), "ticket.edit", object())
    assert can(person(1), "ticket.edit", Ticket)


def test_without_a_request_nothing_is_kept(make_app: MakeApp) -> None:
    app = make_app("helpdesk")
    with app.app_context():
        agent = a_user("ticket.view")
        db.session.add(Ticket(id=1, title="t", agent_id=agent.id))
        db.session.commit()
        ticket = db.session.get_one(Ticket, 1)
        before = in_scope(agent, ticket)
        db.session.execute(sa.text("UPDATE ticket SET agent_id = NULL"))

        assert (before, in_scope(agent, ticket)) == (True, False)


@pytest.fixture
def _own_rules() -> Iterator[None]:
    """Leaves the declared scopes as they were."""
    rows, fields = dict(scope.rows), dict(scope.fields)
    yield
    scope.rows.clear()
    scope.rows.update(rows)
    scope.fields.clear()
    scope.fields.update(fields)


def declare(model: type, answer: Any) -> None:
    scope.rows.pop(model, None)

    @scope(model)
    def said(user: Any) -> Any:
        return answer


@pytest.mark.usefixtures("_own_rules")
def test_true_is_every_row_and_false_is_none(desk: Flask) -> None:
    declare(Ticket, True)
    every = keys(Ticket, person(1))
    declare(Ticket, False)

    assert every == [1, 2, 3, 4]
    assert keys(Ticket, person(2)) == []
    assert not in_scope(person(2), db.session.get(Ticket, 3))


@pytest.mark.mends("auth/rows.py:answer")
@pytest.mark.usefixtures("_own_rules")
@pytest.mark.parametrize(
    ("said", "typed", "seen"),
    [
        (None, "Order.clerk_id == user.id", [1, 2]),
        (1, "True", [1, 2, 3, 4]),
        ("agent_id = 1", "False", []),
        (SimpleNamespace(), "Order.clerk_id == user.id", [1, 2]),
    ],
    ids=["nothing", "1", "text", "object"],
)
def test_an_answer_that_is_no_condition_is_refused_and_opens_nothing(
    mending: Mending, desk: Flask, said: Any, typed: str, seen: list[int]
) -> None:
    agent = person(1)
    declare(Ticket, said)

    assert typed in mending.refused(lambda: keys(Ticket, agent)).fix
    declare(Ticket, eval(typed.replace("Order.clerk_id", "Ticket.agent_id"), {"Ticket": Ticket, "user": agent}))

    assert mending.started(lambda: keys(Ticket, agent)) == seen


@pytest.mark.mends("auth/rows.py:refuse_strangers")
@pytest.mark.usefixtures("_own_rules")
@pytest.mark.parametrize("way", ["relation", "key"])
def test_a_condition_on_another_table_is_refused(mending: Mending, desk: Flask, way: str) -> None:
    agent = person(1)
    db.session.add(Client(id=1, name="Acme", agent_id=1))
    db.session.get_one(Ticket, 3).client_id = 1
    db.session.commit()
    declare(Ticket, Client.agent_id == 1)

    refused = mending.refused(lambda: keys(Ticket, agent))
    assert "names 'client' without" in refused.problem
    relation, key = refused.fix.removeprefix("go through the relation, ").rstrip(".").split(", or a key: ")
    typed = {
        "relation": relation.replace("<relation>", "client").replace("...", "Client.agent_id == 1"),
        "key": key.replace("<key>", "client_id").replace("...", "Client.id).where(Client.agent_id == 1"),
    }[way]
    declare(Ticket, eval(typed, {"Ticket": Ticket, "Client": Client, "select": sa.select}))

    assert mending.started(lambda: keys(Ticket, agent)) == [3]


@pytest.mark.mends("auth/scopes.py:declare")
@pytest.mark.usefixtures("_own_rules")
def test_a_second_scope_of_a_model_is_refused_and_both_are_named(mending: Mending, desk: Flask) -> None:
    agent, old = person(1), helpdesk.own_tickets

    def first_tickets(user: Any) -> Any:
        return Ticket.id != 1

    refused = mending.refused(lambda: scope(Ticket)(first_tickets))
    assert "helpdesk.own_tickets and " in refused.problem
    assert "first_tickets" in refused.problem
    typed = refused.fix.partition("return ")[2].rstrip(".")
    typed = typed.replace("first condition", "old(agent)").replace("second condition", "first_tickets(agent)")
    names = {"sqlalchemy": sa, "old": old, "first_tickets": first_tickets, "agent": agent}
    declare(Ticket, eval(typed, names))

    assert mending.started(lambda: keys(Ticket, agent)) == [2]


def test_the_same_scope_declared_again_takes_the_place_of_the_old() -> None:
    assert scope(Ticket)(helpdesk.own_tickets) is helpdesk.own_tickets


@pytest.mark.mends("auth/scopes.py:mapped")
@pytest.mark.parametrize("model", ["Order", object, Decimal, None])
def test_a_scope_of_what_is_no_model_is_refused(mending: Mending, model: Any) -> None:
    typed = mending.refused(lambda: scope(model)).fix.partition("as in @")[2].partition(";")[0]

    named = mending.started(lambda: eval(typed, {"scope": scope, "Order": Ticket}))

    assert named(helpdesk.own_tickets) is helpdesk.own_tickets
