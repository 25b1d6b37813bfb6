"""Field rules: who may see and set a field."""

from collections.abc import Iterator

import ledger
import pytest
from flask import Flask
from ledger import Holder, Ledger, SavingsLedger
from setup_faults import Mending
from tests.auth.test_can import a_user
from tests.conftest import MakeApp

from demijohn import can, db
from demijohn.auth import scope
from demijohn.auth.models import user_class
from demijohn.auth.permissions import all_permissions

HELD = ("ledger.view", "ledger.edit", "ledger.export", "savings_ledger.view", "holder.view")


@pytest.fixture
def app(make_app: MakeApp) -> Iterator[Flask]:
    app = make_app("ledger")
    with app.test_request_context():
        yield app


@pytest.mark.parametrize(
    ("permission", "field", "extra", "answer"),
    [
        ("ledger.view", "title", (), True),
        ("ledger.view", "iban", (), False),
        ("ledger.export", "iban", (), False),
        ("ledger.edit", "iban", (), False),
        ("ledger.view", "iban", ("ledger.iban",), True),
        ("ledger.edit", "iban", ("ledger.iban",), True),
        ("ledger.view", "limit", (), True),
        ("ledger.edit", "limit", (), False),
        ("ledger.edit", "limit", ("ledger.limit",), True),
        ("ledger.create", "limit", ("ledger.limit",), False),
        ("ledger.view", "margin", (), False),
        ("ledger.view", "remark", (), False),
        ("ledger.view", "surety", (), False),
        ("ledger.view", "surety_id", (), False),
        ("ledger.view", "surety_id", ("ledger.surety",), True),
        ("ledger.view", "surety.city", (), False),
        ("ledger.view", "holder", (), True),
        ("ledger.view", "holder.city", (), True),
        ("ledger.view", "holder.name", (), False),
        ("ledger.view", "holder.name", ("holder.name",), True),
        ("savings_ledger.view", "iban", (), False),
        ("savings_ledger.view", "rate", (), True),
        ("ledger.view", "no_such_field", (), True),
    ],
)
def test_can_asks_the_fields_rules(
    app: Flask, permission: str, field: str, extra: tuple[str, ...], answer: bool
) -> None:
    assert can(a_user(*HELD, *extra), permission, None, field) is answer


def test_a_record_says_which_model_the_field_is_of(app: Flask) -> None:
    person = a_user(*HELD)

    assert not can(person, "savings_ledger.view", SavingsLedger(), "iban")
    assert not can(person, "ledger.view", Ledger(), "iban")
    assert can(person, "ledger.view", Holder(), "city")


def test_a_function_of_the_user_decides(app: Flask) -> None:
    boss = a_user(*HELD)
    boss.email = "boss@example.com"
    db.session.commit()

    assert can(boss, "ledger.view", None, "margin")


def test_a_superuser_passes_and_the_disabled_do_not(app: Flask) -> None:
    boss = a_user(is_superuser=True)

    assert all(can(boss, "ledger.edit", None, name) for name in ("iban", "limit", "margin", "remark", "surety"))
    assert not can(user_class()(is_superuser=True, is_active=False), "ledger.edit", None, "iban")


def test_a_permission_named_by_a_rule_can_be_held(app: Flask, make_app: MakeApp) -> None:
    assert {"ledger.iban", "ledger.limit", "holder.name", "booking.fee"} <= set(all_permissions(app))
    assert "ledger.iban" not in all_permissions(make_app("shop"))


@pytest.mark.mends("auth/scopes.py:field")
def test_a_second_rule_that_differs_is_refused_and_the_same_again_is_not(mending: Mending) -> None:
    scope.field(Ledger.margin, view=ledger.is_boss)
    calls = [
        lambda: scope.field(Ledger.iban, view="ledger.iban"),
        lambda: scope.field(Ledger.iban, view="ledger.other"),
    ]

    refused = mending.refused(lambda: [call() for call in calls])
    assert "Ledger.iban" in refused.problem
    assert scope.fields[Ledger, "iban"].view == "ledger.iban"

    assert refused.fix == "keep one of the two calls."
    mending.started(calls[0])


@pytest.mark.mends("auth/scopes.py:owner_of")
@pytest.mark.parametrize("attribute", ["Ledger.iban", Ledger, None, 3])
def test_what_is_no_attribute_is_refused(mending: Mending, attribute: object) -> None:
    fix = mending.refused(lambda: scope.field(attribute)).fix

    typed = fix.partition("its class: ")[2].rstrip(".")
    typed = typed.replace("Order.total", "Ledger.iban").replace('edit="order.reprice"', 'view="ledger.iban"')
    mending.started(lambda: eval(typed, {"scope": scope, "Ledger": Ledger}))
