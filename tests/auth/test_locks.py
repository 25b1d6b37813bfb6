"""Locked out: seen and lifted by an administrator and by command, wherever throttles count."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.visitor import Visitor, change_user, find, make_user

from demijohn import db
from demijohn.audit.models import AuditEntry
from demijohn.auth.limits import may_ask_for_mail, may_try_code
from demijohn.auth.models import Role

MakeApp = Callable[..., Flask]
WRONG = "wrong-wrong-wrong"
QUICK = {"hash_memory_kib": 8, "hash_passes": 1}
"""Hashes that cost nothing: what is tested here is what is counted."""
LIMITS = {"sign_in_attempts": 2, "sign_in_account_attempts": 5, "reset_attempts": 2}


@pytest.fixture(params=["database", pytest.param("redis", marks=pytest.mark.redis)])
def site(request: pytest.FixtureRequest, make_app: MakeApp) -> Flask:
    where = {"redis": {"url": request.getfixturevalue("redis_url")}} if request.param == "redis" else {}
    return make_site(make_app, **where)


def make_site(make_app: MakeApp, **settings: Any) -> Flask:
    site = make_app(auth={**QUICK, **LIMITS}, **settings)
    make_user(site)
    make_user(site, "boss@example.com", is_superuser=True)
    return site


def run(site: Flask, *command: str) -> Any:
    return site.test_cli_runner().invoke(args=list(command))


def lock_out(site: Flask) -> None:
    """Two guesses from each of four networks; then the account is slowed everywhere."""
    for number in range(4):
        for _ in range(2):
            Visitor(site, f"203.0.{number}.1").sign_in(password=WRONG)


def boss_of(site: Flask) -> Visitor:
    boss = Visitor(site, "192.0.2.250")
    assert boss.sign_in("boss@example.com").status_code == 302
    return boss


def test_show_says_which_limits_an_account_is_under_and_until_when(site: Flask) -> None:
    assert json.loads(run(site, "user", "show", "ada@example.com", "--json").output)["locks"] == []
    lock_out(site)

    found = json.loads(run(site, "user", "show", "ada@example.com", "--json").output)["locks"]
    shown = run(site, "user", "show", "ada@example.com").output

    assert {(one["what"], one["from"]) for one in found} == {
        ("sign-in", "everywhere"),
        ("sign-in", "203.0.0.0/24"),
        ("sign-in", "203.0.1.0/24"),
    }
    assert all(one["until"].endswith("+00:00") for one in found)
    assert "locked          sign-in from everywhere until 20" in shown


def test_unlock_lifts_every_limit_from_every_network_that_was_seen(site: Flask) -> None:
    lock_out(site)
    visitors = [Visitor(site, f"203.0.{number}.9") for number in range(4)]
    assert {visitor.sign_in().status_code for visitor in visitors} == {429}

    done = run(site, "user", "unlock", "ada@example.com")

    assert done.exit_code == 0
    assert "lifted: sign-in from everywhere" in done.output
    assert "unlocked ada@example.com" in done.output
    assert {visitor.sign_in().status_code for visitor in visitors} == {302}
    assert json.loads(run(site, "user", "show", "ada@example.com", "--json").output)["locks"] == []


def test_unlock_lifts_mails_and_codes_too(site: Flask) -> None:
    with site.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}):
        for _ in range(30):
            may_ask_for_mail("reset", "ada@example.com")
            may_try_code(1)

    lifted = json.loads(run(site, "user", "unlock", "ADA@example.com", "--json").output)

    assert {one["what"] for one in lifted} == {"reset mails", "codes"}
    with site.test_request_context(environ_base={"REMOTE_ADDR": "198.51.100.9"}):
        assert may_ask_for_mail("reset", "ada@example.com").allowed
        assert may_try_code(1).allowed


def test_an_address_that_nobody_logged_can_be_named(make_app: MakeApp) -> None:
    site = make_site(make_app, features={"audit": False})
    visitor = Visitor(site, "203.0.113.9")
    for _ in range(2):
        visitor.sign_in(password=WRONG)
    assert visitor.sign_in().status_code == 429

    run(site, "user", "unlock", "ada@example.com", "--address", "203.0.113.77")

    assert visitor.sign_in().status_code == 302


def test_an_account_that_does_not_exist_can_be_unlocked(site: Flask) -> None:
    for number in range(6):
        Visitor(site, f"203.0.{number}.1").sign_in("nobody@example.com")

    lifted = json.loads(run(site, "user", "unlock", "nobody@example.com", "--json").output)

    assert [one["from"] for one in lifted] == ["everywhere"]


def test_what_servers_count_in_memory_no_command_lifts_and_it_says_so(make_app: MakeApp) -> None:
    site = make_site(make_app, security={"throttle_backend": "memory"})

    done = run(site, "user", "unlock", "ada@example.com")

    assert done.exit_code == 1
    assert "count in their own memory (security.throttle_backend is 'memory')" in done.output


def test_while_redis_is_away_no_command_lifts_and_it_says_so(make_app: MakeApp) -> None:
    site = make_site(make_app, redis={"url": "redis://127.0.0.1:1/0"})

    done = run(site, "user", "unlock", "ada@example.com")

    assert done.exit_code == 1
    assert "Redis did not answer" in done.output


def test_an_administrator_sees_and_lifts_the_locks(site: Flask) -> None:
    lock_out(site)
    boss = boss_of(site)
    page = boss.get("/auth/locks/1").text
    assert "from everywhere" in page
    assert "203.0.1.0/24" in page

    done = boss.post("/auth/locks/1")

    assert done.status_code == 302
    assert "Nothing keeps" in boss.get("/auth/locks/1").text
    assert Visitor(site, "203.0.1.1").sign_in().status_code == 302


def test_a_program_gets_and_lifts_them_as_json(site: Flask) -> None:
    lock_out(site)
    boss = boss_of(site)

    listed = boss.get("/auth/locks/1", headers={"Accept": "application/json"}).json
    lifted = boss.post_json("/auth/locks/1", {}, page="/auth/account").json

    assert listed["email"] == lifted["email"] == "ada@example.com"
    assert ("sign-in", "everywhere") in {(one["what"], one["from"]) for one in listed["locks"]}
    assert {one["from"] for one in lifted["lifted"]} == {one["from"] for one in listed["locks"]}
    assert boss.get("/auth/locks/1", headers={"Accept": "application/json"}).json["locks"] == []


def test_the_audit_log_says_who_lifted_what(site: Flask) -> None:
    lock_out(site)
    boss_of(site).post("/auth/locks/1")
    run(site, "user", "unlock", "ada@example.com")

    with site.app_context():
        entries = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "auth.unlocked").order_by(AuditEntry.id)
        ).all()
        assert [(entry.key, entry.channel) for entry in entries] == [("1", "web"), ("1", "command")]
        assert entries[0].actor == "boss@example.com"
        assert "sign-in from everywhere" in str(entries[0].changes)


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_who_may_edit_users_comes_near(make_app: MakeApp, method: str) -> None:
    site = make_site(make_app)
    with site.app_context():
        db.session.add(Role(name="clerk", permissions={"customer.view", "user.view"}))
        db.session.add(Role(name="help desk", permissions={"user.view", "user.edit"}))
        db.session.commit()
    make_user(site, "clerk@example.com", roles=["clerk"])
    make_user(site, "desk@example.com", roles=["help desk"])

    def ask(email: str, user_id: int) -> int:
        visitor = Visitor(site, "192.0.2.99")
        visitor.sign_in(email)
        path = f"/auth/locks/{user_id}"
        answer = visitor.get(path) if method == "get" else visitor.post(path, page="/auth/account")
        return answer.status_code

    assert [ask(email, 1) for email in ("ada@example.com", "clerk@example.com")] == [403, 403]
    assert ask("clerk@example.com", 9999) == 403, "the same for somebody who is not there"
    assert ask("desk@example.com", 1) == {"get": 200, "post": 302}[method]
    assert [ask("desk@example.com", number) for number in (9999, 2**63, 10**30)] == [404] * 3
    stranger = Visitor(site).get("/auth/locks/1")
    assert (stranger.status_code, stranger.location.partition("?")[0]) == (302, "/auth/login")


def test_lifting_needs_the_token_and_a_fresh_identity(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from demijohn import clock

    site = make_site(make_app)
    boss = boss_of(site)
    assert boss.client.post("/auth/locks/1", environ_base=boss.environ).status_code == 400

    monkeypatch.setattr(clock, "shift", timedelta(hours=1))

    assert "/auth/confirm-identity" in boss.get("/auth/locks/1").location


def test_the_users_screen_leads_to_it(site: Flask) -> None:
    assert "/auth/locks/1" in boss_of(site).get("/admin/user/").text


def test_a_name_is_shown_as_text(make_app: MakeApp) -> None:
    site = make_site(make_app)
    change_user(site, name="<script>alert(1)</script>")

    page = boss_of(site).get("/auth/locks/1").text

    assert "<script>alert" not in page
    with site.app_context():
        assert find("ada@example.com").name in page.replace("&lt;", "<").replace("&gt;", ">")
