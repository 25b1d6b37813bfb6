"""Sign-in limits in the dashboard: seen and lifted by who may edit users, and by nobody else."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.admin.conftest import MakeAdmin, Visit
from tests.auth.visitor import Visitor as Guest
from tests.auth.visitor import make_user

from demijohn import db
from demijohn.audit.models import AuditEntry
from demijohn.auth import scope
from demijohn.auth.models import user_class

PAGE = "/admin/-/limits/"
WRONG = "wrong-wrong-wrong"
AUTH = {"hash_memory_kib": 8, "hash_passes": 1, "sign_in_attempts": 2, "sign_in_address_attempts": 4}


@pytest.fixture(params=["database", pytest.param("redis", marks=pytest.mark.redis)])
def app(request: pytest.FixtureRequest, make_admin: MakeAdmin) -> Flask:
    where = {"redis": {"url": request.getfixturevalue("redis_url")}} if request.param == "redis" else {}
    app = make_admin(auth=AUTH, **where)
    make_user(app)
    return app


def fail(app: Flask, times: int = 2, address: str = "203.0.113.9") -> None:
    for _ in range(times):
        Guest(app, address).sign_in(password=WRONG)


def may_enter(app: Flask, address: str = "203.0.113.9") -> bool:
    return bool(Guest(app, address).sign_in().status_code == 302)


def lift(visitor: Any, **fields: str) -> Any:
    return visitor.send(f"{PAGE}lift/", {"email": "", "address": "", **fields})


def test_who_is_held_up_is_listed_and_let_in_again(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    assert "Nobody who was tried in the last day is held up." in boss.get(PAGE).text
    fail(app)
    assert not may_enter(app)

    page = boss.get(PAGE).text
    assert "ada@example.com" in page
    assert "Sign-in" in page
    assert lift(boss, email="ada@example.com").location == f"{PAGE}?email=ada@example.com"

    assert may_enter(app)
    with app.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "auth.unlocked")).one()
        assert entry.changes["limits"] == [None, ["sign-in from 203.0.113.0/24"]]


def test_an_address_is_looked_up_and_its_network_let_in(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    for number in range(4):
        Guest(app, "198.51.100.7").sign_in(f"user{number}@example.com", WRONG)
    assert not may_enter(app, "198.51.100.8")

    page = boss.get(f"{PAGE}?address=198.51.100.200").text
    assert "Sign-in to any account" in page
    lift(boss, address="198.51.100.200")

    assert may_enter(app, "198.51.100.8")
    assert "Nothing holds 198.51.100.200 up." in boss.get(f"{PAGE}?address=198.51.100.200").text


@pytest.mark.parametrize("address", ["here", "1.2.3", "203.0.113.0/24", "%00", "<b>"])
def test_what_is_no_address_is_said_at_the_field(app: Flask, visit: Visit, address: str) -> None:
    page = visit(app, "*").get(f"{PAGE}?address={address}")

    assert page.status_code == 200
    assert ("Write an IP address" in page.text) == (address != "%00")
    assert "<b>" not in page.text.partition("<main")[2]


def test_readers_and_strangers_neither_see_nor_lift(app: Flask, visit: Visit) -> None:
    fail(app)
    for visitor in (visit(app, "user.view"), visit(app)):
        assert visitor.get(PAGE).status_code in {302, 403}
        assert lift(visitor, email="ada@example.com").status_code in {302, 403}
    assert not may_enter(app)
    assert visit(app, "*").client.post(f"{PAGE}lift/", data={"email": "ada@example.com"}).status_code == 400


def test_who_has_not_proved_lately_who_they_are_is_asked(app: Flask, visit: Visit) -> None:
    fail(app)
    boss = visit(app, "*")
    with boss.client.session_transaction() as session:
        session.pop("confirmed_at", None)
        for name in [name for name in session if "confirm" in name]:
            session.pop(name)

    assert lift(boss, email="ada@example.com").location.startswith("/auth/confirm")
    assert not may_enter(app)


def test_who_may_edit_some_users_only_learns_and_lifts_nothing_else(
    app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user(app, "bob@example.com")
    fail(app)
    with app.app_context():
        user = user_class()
    monkeypatch.setitem(scope.rows, user, lambda _: user.email == "ada@example.com")
    clerk = visit(app, "user.view", "user.edit")

    asked = ["email=ada@example.com", "email=bob@example.com", "email=nobody@example.com", "address=203.0.113.9"]
    assert [clerk.get(f"{PAGE}?{query}").status_code for query in asked] == [200, 403, 403, 403]
    assert lift(clerk, address="203.0.113.9").status_code == 403
    assert lift(clerk, email="ada@example.com", address="203.0.113.9").status_code == 403
    assert not may_enter(app)
    assert lift(clerk, email="ada@example.com").status_code == 302
    assert may_enter(app)
