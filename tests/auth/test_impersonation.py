"""A superuser acts as another user: seen, written down, bounded."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, jsonify
from tests.auth.visitor import Visitor, change_user, find, make_user
from tests.conftest import MakeApp
from werkzeug.test import TestResponse

from demijohn import can, clock, current_user, db, login_required, recent_login_required
from demijohn.audit.models import AuditEntry
from demijohn.auth.models import Role


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return make_site(make_app)


def make_site(make_app: MakeApp, **settings: Any) -> Flask:
    app = make_app(**settings)

    @app.get("/me")
    @login_required
    def me() -> Any:
        return jsonify(
            email=current_user.email, may=[p for p in ("customer.create", "user.edit") if can(current_user, p)]
        )

    @app.get("/payout")
    @recent_login_required
    def payout() -> Any:
        return "paid"

    with app.app_context():
        db.session.add(Role(name="sales", permissions={"customer.view", "customer.create"}))
        db.session.commit()
    make_user(app, roles=["sales"])
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app, "boss2@example.com", is_superuser=True)
    return app


def boss_of(site: Flask, email: str = "boss@example.com") -> Visitor:
    visitor = Visitor(site)
    assert visitor.sign_in(email).status_code == 302
    return visitor


def number(site: Flask, email: str = "ada@example.com") -> int:
    with site.app_context():
        return find(email).id


def act(visitor: Visitor, user_id: int, **fields: Any) -> TestResponse:
    return visitor.post(f"/auth/act-as/{user_id}", {"reason": "ticket 4711", **fields}, page="/auth/account")


def who(visitor: Visitor) -> str:
    answer = visitor.get("/me", headers={"Accept": "application/json"})
    return str(answer.get_json().get("email", answer.status_code))


def test_a_superuser_sees_what_the_user_sees_and_may_do_no_more(site: Flask) -> None:
    boss = boss_of(site)

    begun = act(boss, number(site))
    seen = boss.get("/me").get_json()

    assert (begun.status_code, begun.location) == (302, "/admin/")
    assert seen == {"email": "ada@example.com", "may": ["customer.create"]}
    assert boss.get("/admin/user/").status_code == 403


def test_every_page_says_so_and_offers_the_way_back(site: Flask) -> None:
    boss = boss_of(site)
    before = boss.get("/admin/").text
    act(boss, number(site))
    pages = [boss.get(path).text for path in ("/admin/", "/admin/customer/", "/auth/account")]

    stopped = boss.post("/auth/act-as/stop", page="/auth/account")

    assert "act as" not in before
    assert all("act as <strong>ada@example.com</strong>" in page for page in pages)
    assert stopped.status_code == 302
    assert who(boss) == "boss@example.com"
    assert "act as <strong>" not in boss.get("/admin/").text


def test_the_log_names_both(site: Flask) -> None:
    boss = boss_of(site)
    act(boss, number(site))
    made = boss.post("/admin/customer/new/", {"name": "Grace", "email": "grace@example.com"})
    boss.post("/auth/act-as/stop", page="/auth/account")

    assert made.status_code == 302
    with site.app_context():
        wanted = sa.select(AuditEntry).where(AuditEntry.table.in_(("customer", "user"))).order_by(AuditEntry.id)
        entries = {entry.action: entry for entry in db.session.scalars(wanted)}
    boss_id = number(site, "boss@example.com")
    assert entries["create"].actor == "boss@example.com as ada@example.com"
    assert entries["create"].actor_id == boss_id
    assert entries["auth.acting_began"].changes == {"reason": [None, "ticket 4711"], "seconds": [None, 3600]}
    assert (entries["auth.acting_began"].actor_id, entries["auth.acting_began"].key) == (boss_id, str(number(site)))
    assert entries["auth.acting_ended"].actor_id == boss_id


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/auth/account/password",
        "/auth/account/sessions",
        "/auth/account/tokens",
        "/auth/account/tokens/new",
        "/auth/confirm-identity",
        "/auth/act-as/1",
    ],
)
def test_the_owners_own_pages_are_closed_meanwhile(site: Flask, path: str, method: str) -> None:
    boss = boss_of(site)
    act(boss, number(site))

    answer = boss.get(path) if method == "GET" else boss.post(path, {"name": "x"}, page="/auth/account")

    assert answer.status_code in {403, 405}, answer.text


def test_the_profile_can_be_read_and_not_changed(site: Flask) -> None:
    boss = boss_of(site)
    act(boss, number(site))

    answer = boss.post("/auth/account", {"name": "Eve"})

    assert boss.get("/auth/account").status_code == 200
    assert answer.status_code == 403
    with site.app_context():
        assert find("ada@example.com").name == ""


def test_a_sensitive_step_is_refused_though_the_superuser_has_just_signed_in(site: Flask) -> None:
    boss = boss_of(site)
    assert boss.get("/payout").status_code == 200
    act(boss, number(site))

    assert boss.get("/payout").status_code == 403


def test_it_ends_by_itself(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = boss_of(site)
    act(boss, number(site))
    monkeypatch.setattr(clock, "shift", timedelta(minutes=59))
    still = who(boss)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=61))

    assert still == "ada@example.com"
    assert who(boss) == "boss@example.com"


@pytest.mark.parametrize(
    ("email", "values", "left"),
    [
        ("boss@example.com", {"is_superuser": False}, "401"),
        ("boss@example.com", {"is_active": False}, "401"),
        ("ada@example.com", {"is_active": False}, "boss@example.com"),
        ("ada@example.com", {"is_superuser": True}, "boss@example.com"),
        ("ada@example.com", {"password_hash": "changed"}, "boss@example.com"),
    ],
    ids=["demoted", "superuser disabled", "user disabled", "user promoted", "user's password changed"],
)
def test_it_ends_with_what_allowed_it(site: Flask, email: str, values: dict[str, Any], left: str) -> None:
    boss = boss_of(site)
    act(boss, number(site))
    assert who(boss) == "ada@example.com"

    change_user(site, email, **values)

    assert who(boss) == left


@pytest.mark.parametrize("email", ["boss@example.com", "boss2@example.com", "off@example.com"])
def test_nobody_acts_as_oneself_another_superuser_or_a_disabled_user(site: Flask, email: str) -> None:
    make_user(site, "off@example.com", is_active=False)
    boss = boss_of(site)

    answer = act(boss, number(site, email))

    assert answer.status_code == 422
    assert who(boss) == "boss@example.com"


@pytest.mark.parametrize("user_id", [0, 999, 2**63, 10**30])
def test_a_user_who_is_not_there_is_404_for_superusers_and_403_for_others(site: Flask, user_id: int) -> None:
    ada = boss_of(site, "ada@example.com")

    assert act(boss_of(site), user_id).status_code == 404
    assert act(ada, user_id).status_code == 403


def test_who_is_no_superuser_is_refused_and_not_offered_it(site: Flask) -> None:
    with site.app_context():
        find("ada@example.com").roles[0].permissions = {"user.view", "user.edit"}
        db.session.commit()
    make_user(site, "eve@example.com")
    ada = boss_of(site, "ada@example.com")

    answer = act(ada, number(site, "eve@example.com"))

    assert answer.status_code == 403
    assert who(ada) == "ada@example.com"
    assert "act-as" not in ada.get("/admin/user/").text
    assert f"/auth/act-as/{number(site)}" in boss_of(site).get("/admin/user/").text


def test_a_reason_is_asked_for(site: Flask) -> None:
    boss = boss_of(site)

    answer = act(boss, number(site), reason="")

    assert answer.status_code == 422
    assert who(boss) == "boss@example.com"


def test_beginning_needs_a_form_of_ours_and_a_recent_sign_in(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = boss_of(site)
    address = f"/auth/act-as/{number(site)}"
    forged = boss.client.post(address, data={"reason": "x"}, environ_base=boss.environ)
    monkeypatch.setattr(clock, "shift", timedelta(hours=1))

    later = boss.get(address)

    assert forged.status_code == 400
    assert "confirm-identity" in later.location
    assert who(boss) == "boss@example.com"


def test_signing_out_ends_both(site: Flask) -> None:
    boss = boss_of(site)
    act(boss, number(site))

    boss.post("/auth/logout", page="/auth/account")

    assert who(boss) == "401"


def test_the_users_own_sessions_and_devices_know_nothing_of_it(site: Flask) -> None:
    ada = boss_of(site, "ada@example.com")
    boss = boss_of(site)
    act(boss, number(site))
    boss.get("/me")

    page = ada.get("/auth/account/sessions").text

    assert page.count("last used") == 1
    assert who(ada) == "ada@example.com"


def test_programs_get_json(site: Flask) -> None:
    boss = boss_of(site)

    begun = boss.post_json(f"/auth/act-as/{number(site)}", {"reason": "x"}, page="/auth/account")
    stopped = boss.post_json("/auth/act-as/stop", {}, page="/auth/account")

    assert begun.get_json() == {"acting_as": "ada@example.com", "next": "/admin/"}
    assert stopped.status_code == 204


def test_switched_off_there_is_nothing(make_app: MakeApp) -> None:
    site = make_site(make_app, auth={"impersonation_seconds": 0})
    boss = boss_of(site)

    assert boss.get(f"/auth/act-as/{number(site)}").status_code == 404
    assert "act-as" not in boss.get("/admin/user/").text
