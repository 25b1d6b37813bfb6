"""Why somebody may or may not: the sentences, and that they never differ from can()."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from helpdesk import Asset, Desk, Laptop, Ticket, Visit
from ledger import Ledger
from tests.conftest import MakeApp

from demijohn import can, db
from demijohn.auth.explaining import explain
from demijohn.auth.models import Role, user_class
from demijohn.auth.reasons import Facts, explained

BASE = Facts(
    who="ada@example.com",
    permission="order.edit",
    is_known=True,
    nearest=None,
    is_active=True,
    is_superuser=False,
    roles=("sales",),
    giving=("sales",),
    others=(),
)


@pytest.mark.parametrize(
    ("facts", "may", "said"),
    [
        (BASE, True, "Role sales gives order.edit."),
        (replace(BASE, giving=("sales", "staff")), True, "Roles sales, staff give order.edit."),
        (
            replace(BASE, giving=(), others=("boss",)),
            False,
            "None of its roles (sales) gives it order.edit. Role boss would.",
        ),
        (replace(BASE, giving=()), False, "None of its roles (sales) gives it order.edit. No role does."),
        (replace(BASE, giving=(), roles=()), False, "It has no role, so nothing gives it order.edit. No role does."),
        (replace(BASE, is_active=False), False, "The account is disabled, so it may do nothing."),
        (replace(BASE, is_superuser=True, giving=()), True, "It is a superuser, who may do everything."),
        (
            replace(BASE, is_known=False, nearest="order.view", giving=()),
            False,
            "There is no permission order.edit. Did you mean order.view?",
        ),
        (replace(BASE, row="Order 7", row_is_there=False), False, "There is no Order 7."),
        (replace(BASE, row="Order 7", is_superuser=True, row_is_there=False), False, "There is no Order 7."),
        (replace(BASE, row="Order 7"), True, "Order 7: no scope keeps a row of this model from anybody."),
        (replace(BASE, row="Order 7", scopes=("shop.own",)), True, "Scope shop.own lets it see Order 7."),
        (
            replace(BASE, row="Order 7", scopes=("shop.own",), row_is_seen=False),
            False,
            "Scope shop.own does not let it see Order 7.",
        ),
        (replace(BASE, field="total"), True, "No rule closes the field total."),
        (
            replace(BASE, field="total", field_rules=(("order.price", False),)),
            False,
            "The field total asks for order.price: not met.",
        ),
        (
            replace(BASE, field="total", field_rules=(("order.price", True),)),
            True,
            "The field total asks for order.price: met.",
        ),
    ],
)
def test_each_step_is_a_sentence(facts: Facts, may: bool, said: str) -> None:
    found = explained(facts)

    assert found.may is may
    assert said in [reason.text for reason in found.reasons]
    assert found.summary.startswith(f"ada@example.com {'may' if may else 'may not'} order.edit")


@pytest.fixture
def desk(make_app: MakeApp) -> Iterator[Flask]:
    app = make_app("helpdesk")
    with app.test_request_context():
        names = ("ticket.view", "visit.edit", "asset.view", "desk.view", "laptop.view")
        role = Role(name="agents", permissions=set(names))
        for key, values in ((1, {}), (2, {"is_active": False}), (3, {"is_superuser": True})):
            roles = [role] if key < 3 else []
            db.session.add(user_class()(id=key, email=f"{key}@example.com", roles=roles, **values))
        db.session.add(user_class()(id=4, email="4@example.com"))
        db.session.add_all(
            [Ticket(id=1, title="a", agent_id=1), Ticket(id=2, title="b"), Visit(id=3, title="c", agent_id=1)]
        )
        db.session.add_all(
            [Desk(room="a", number=1, agent_id=1), Laptop(id=1, name="x", is_public=False), Asset(id=2, name="y")]
        )
        db.session.commit()
        yield app


RECORDS: list[tuple[str, Any, str]] = [
    *(("ticket", Ticket, str(key)) for key in (1, 2, 3)),
    ("visit", Visit, "3"),
    ("desk", Desk, "a,1"),
    ("asset", Asset, "1"),
    ("asset", Asset, "2"),
    ("laptop", Laptop, "1"),
]


def test_the_explanation_is_that_of_can(desk: Flask) -> None:
    differ = []
    for user in db.session.scalars(sa.select(user_class())):
        for (table, model, key), verb in product(RECORDS, ("view", "edit")):
            record = db.session.get(model, tuple(key.split(",")) if "," in key else int(key))
            name = f"{table}.{verb}"
            if explain(user, name, key=key).may is not can(user, name, record):
                differ.append((user.id, name, key))
        differ += [(user.id, n) for n in ("admin.access", "ticket.view") if explain(user, n).may is not can(user, n)]

    assert differ == []


def test_the_explanation_of_a_field_is_that_of_can(make_app: MakeApp) -> None:
    app = make_app("ledger")
    with app.test_request_context():
        db.session.add(Ledger(id=1, title="t"))
        for key, extra in ((1, set()), (2, {"ledger.iban", "ledger.limit"})):
            role = Role(name=f"r{key}", permissions={"ledger.view", "ledger.edit", *extra})
            db.session.add(user_class()(id=key, email=f"{key}@example.com", roles=[role]))
        db.session.add(user_class()(id=3, email="boss@example.com", is_superuser=True))
        db.session.commit()
        for user in db.session.scalars(sa.select(user_class())):
            for name, verb in product(
                ("title", "iban", "limit", "margin", "remark", "surety_id", "holder.name"), ("view", "edit")
            ):
                found = explain(user, f"ledger.{verb}", field=name)
                assert found.may is can(user, f"ledger.{verb}", None, name), (user.email, name, verb)


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=("role", *words))


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    app = make_app("helpdesk")
    with app.app_context():
        role = Role(name="agents", permissions={"ticket.view", "desk.view"})
        db.session.add(user_class()(id=1, email="ada@example.com", roles=[role]))
        db.session.add_all([Ticket(id=1, title="a", agent_id=1), Ticket(id=2, title="b"), Desk(room="a", number=1)])
        db.session.commit()
    return app


def test_the_command_says_why_and_answers_by_its_status(app: Flask) -> None:
    may, may_not = (
        run(app, "why", "ada@example.com", "ticket.view", "1"),
        run(app, "why", "ada@example.com", "ticket.view", "2"),
    )

    assert may.output == (
        "ada@example.com may ticket.view on Ticket 1.\n"
        "  yes  The account is active.\n"
        "  -    It is no superuser, so roles and scopes count.\n"
        "  yes  Role agents gives ticket.view.\n"
        "  yes  Scope helpdesk.own_tickets lets it see Ticket 1.\n"
    )
    assert (may.exit_code, may_not.exit_code) == (0, 1)
    assert "no   Scope helpdesk.own_tickets does not let it see Ticket 2." in may_not.output


def test_the_command_answers_programs(app: Flask) -> None:
    facts = json.loads(run(app, "why", "ada@example.com", "ticket.edit", "--json").output)

    assert facts["may"] is False
    assert facts["reasons"][-1] == {
        "text": "None of its roles (agents) gives it ticket.edit. No role does.",
        "passes": False,
    }


@pytest.mark.parametrize("key", ["99", "x", "9" * 30, "1\x00", "", "1,2", "٣"])
def test_a_key_that_no_record_has_is_said(app: Flask, key: str) -> None:
    result = run(app, "why", "ada@example.com", "ticket.view", key)

    assert result.exit_code == 1
    assert "There is no Ticket" in result.output


def test_a_key_of_two_parts_is_found(app: Flask) -> None:
    assert "does not let it see Desk a,1" in run(app, "why", "ada@example.com", "desk.view", "a,1").output
    assert "There is no Desk a" in run(app, "why", "ada@example.com", "desk.view", "a").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ada@example.com", "admin.access", "1"), "admin.access is not about a table"),
        (("ada@example.com", "nowhere.view", "1"), "nowhere.view is not about a table"),
        (("nobody@example.com", "ticket.view"), "There is no user nobody@example.com"),
        (("ada@example.com", "tickt.view"), "Did you mean ticket.view?"),
    ],
)
def test_a_question_that_makes_no_sense_is_one_line(app: Flask, words: tuple[str, ...], said: str) -> None:
    result = run(app, "why", *words)

    assert result.exit_code == 1
    assert said in result.output


def test_a_role_is_deleted_once_asked(app: Flask) -> None:
    asked = app.test_cli_runner().invoke(args=("role", "delete", "agents"), input="n\n")
    gone = run(app, "delete", "agents", "--yes")

    assert "Delete agents, which 1 person has?" in asked.output
    assert (asked.exit_code, gone.exit_code, gone.output) == (1, 0, "deleted agents\n")
    assert run(app, "delete", "agents", "--yes").exit_code == 1


def test_a_list_says_how_many_hold_a_role(app: Flask) -> None:
    assert json.loads(run(app, "list", "--json").output) == [
        {"name": "agents", "permissions": ["desk.view", "ticket.view"], "users": 1}
    ]
    assert "agents" in run(app, "list").output


def test_a_role_without_a_name_is_refused(app: Flask) -> None:
    assert run(app, "create", " ").output == "Error: A role's name has 1 to 100 characters.\n"
    assert run(app, "create", "x" * 101).exit_code == 1


def test_a_permission_of_the_projects_own_can_be_held(make_app: MakeApp) -> None:
    app = make_app("shop", auth={"permissions": ["report.run"]})

    assert run(app, "create", "reporters", "report.run").exit_code == 0
    assert "Did you mean report.run?" in run(app, "create", "others", "report.rnu").output
