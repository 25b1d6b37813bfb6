"""The user's page of the dashboard, and its buttons: what is shown to whom, and what each does, attacked."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.second_step import give_app
from tests.auth.test_screens import clerk, signed_in
from tests.auth.visitor import Visitor, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import db
from demijohn.audit.models import AuditEntry
from demijohn.auth.bearer.tokens import make_token
from demijohn.auth.models import Role
from demijohn.mail.inbox import messages

ADA = "ada@example.com"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app(public_url="http://localhost", auth={"tokens": {"allowed": "everybody"}})
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app)
    return app


def id_of(site: Flask, email: str = ADA) -> int:
    with site.app_context():
        return int(find(email).id)


def page(site: Flask, email: str = ADA) -> str:
    return f"/admin/user/details/?id={id_of(site, email)}"


def press(visitor: Visitor, site: Flask, doing: str, email: str = ADA, **fields: Any) -> Any:
    """Press a button of the user's page."""
    address = f"/auth/people/{id_of(site, email)}/{doing}"
    data = {"csrf_token": csrf_token(visitor.get("/auth/account").text), **fields}
    return visitor.client.post(address, data=data, environ_base=visitor.environ)


def token_of(site: Flask, email: str = ADA) -> int:
    with site.app_context():
        made = make_token(find(email), "nightly import", days=30, scopes=None)
        db.session.commit()
        return int(made.record.id)


def log_of(site: Flask) -> list[tuple[str, str | None, str | None]]:
    with site.app_context():
        rows = db.session.query(AuditEntry).order_by(AuditEntry.id)
        return [(row.action, row.key, row.actor) for row in rows]


def test_page_shows_everything_in_one_place(site: Flask) -> None:
    give_app(site)
    token_of(site)
    Visitor(site, "203.0.113.7").sign_in()

    shown = signed_in(site).get(page(site)).text

    assert "nightly import" in shown
    assert "an authenticator app" in shown
    assert "/auth/reset-two-factor/" in shown
    for doing in ("disable", "end-sessions", "revoke-token", "send-reset"):
        assert f"/{doing}" in shown, doing
    assert "digest" not in shown.replace("record_digest", "")


def test_session_of_somebody_else_is_ended_from_their_page(site: Flask) -> None:
    ada, other = Visitor(site, "203.0.113.7"), Visitor(site, "203.0.113.8")
    ada.sign_in()
    other.sign_in()
    boss = signed_in(site)
    shown = boss.get(page(site)).text
    number = shown.split('name="number" value="')[1].split('"')[0]

    answer = press(boss, site, "end-session", number=number)

    assert answer.headers["Location"] == page(site)
    assert sorted(one.get("/auth/account").status_code for one in (ada, other)) == [200, 302]
    assert ("auth.session_ended", str(id_of(site)), "boss@example.com") in log_of(site)


def test_user_is_signed_out_everywhere(site: Flask) -> None:
    ada = Visitor(site)
    ada.sign_in()

    press(signed_in(site), site, "end-sessions")

    assert ada.get("/auth/account").status_code == 302


def test_user_is_disabled_and_enabled(site: Flask) -> None:
    ada = Visitor(site)
    ada.sign_in()
    boss = signed_in(site)

    press(boss, site, "disable")
    while_disabled = (ada.get("/auth/account").status_code, boss.get(page(site)).text)
    press(boss, site, "enable")

    assert while_disabled[0] == 302
    assert "This account is disabled" in while_disabled[1]
    assert "/send-reset" not in while_disabled[1]
    assert Visitor(site).sign_in().headers["Location"] != "/auth/login"


def test_link_for_a_new_password_is_mailed_but_not_without_end(site: Flask) -> None:
    boss = signed_in(site)

    for _ in range(8):
        press(boss, site, "send-reset")

    with site.app_context():
        assert len([mail for mail in messages(site, to=ADA) if "/auth/reset/" in mail.text]) == 5
    assert "Enough mail was sent there" in boss.get(page(site)).text


def test_token_is_revoked(site: Flask) -> None:
    number = token_of(site)
    boss = signed_in(site)

    press(boss, site, "revoke-token", number=number)
    again = press(boss, site, "revoke-token", number=number)

    assert again.status_code == 302
    assert "That token was gone already" in boss.get(page(site)).text


@pytest.mark.parametrize("number", ["", "-1", "1.5", "²", "9" * 30, "1 OR 1=1"])
def test_number_that_is_none_ends_nothing(site: Flask, number: str) -> None:
    ada = Visitor(site)
    ada.sign_in()
    boss = signed_in(site)

    for doing in ("end-session", "revoke-token"):
        assert press(boss, site, doing, number=number).status_code == 302
    assert ada.get("/auth/account").status_code == 200


def test_number_of_somebody_elses_session_or_token_ends_nothing(site: Flask) -> None:
    make_user(site, "eve@example.com")
    eve = Visitor(site)
    eve.sign_in("eve@example.com")
    token = token_of(site, "eve@example.com")
    boss = signed_in(site)
    shown = boss.get(page(site, "eve@example.com")).text
    session = shown.split('name="number" value="')[1].split('"')[0]

    press(boss, site, "end-session", number=session)
    press(boss, site, "revoke-token", number=token)

    assert eve.get("/auth/account").status_code == 200
    assert "nightly import" in boss.get(page(site, "eve@example.com")).text


@pytest.mark.parametrize("doing", ["disable", "end-sessions", "end-session", "revoke-token", "send-reset", "enable"])
def test_nobody_without_the_right_does_anything(site: Flask, doing: str) -> None:
    with site.app_context():
        db.session.add(Role(name="reader", permissions={"user.view", "api_token.view", "api_token.delete"}))
        db.session.commit()
    make_user(site, "reader@example.com", roles=["reader"])
    reader, stranger, ada = signed_in(site, "reader@example.com"), Visitor(site), Visitor(site)
    ada.sign_in()

    refused = press(reader, site, doing, number=1)
    sent_away = stranger.client.post(
        f"/auth/people/{id_of(site)}/{doing}", data={"csrf_token": csrf_token(stranger.get("/auth/login").text)}
    )
    forged = signed_in(site).client.post(f"/auth/people/{id_of(site)}/{doing}")

    assert (refused.status_code, sent_away.status_code, forged.status_code) == (403, 302, 400)
    assert ada.get("/auth/account").status_code == 200
    assert "/auth/people/" not in reader.get(page(site)).text


def test_who_may_only_view_sees_neither_sessions_nor_log_nor_tokens(site: Flask) -> None:
    token_of(site)
    Visitor(site, "203.0.113.7").sign_in()
    with site.app_context():
        db.session.add(Role(name="reader", permissions={"user.view"}))
        db.session.commit()
    make_user(site, "reader@example.com", roles=["reader"])

    shown = signed_in(site, "reader@example.com").get(page(site)).text

    assert "203.0.113" not in shown
    assert "nightly import" not in shown
    assert "Lately" not in shown


def test_people_with_more_rights_are_out_of_reach(site: Flask) -> None:
    small = clerk(site)

    answer = press(small, site, "disable", "boss@example.com")
    shown = small.get(page(site, "boss@example.com")).text

    assert answer.status_code == 302
    assert "Only a superuser can make, change or remove a superuser." in shown
    assert "/auth/people/" not in shown
    with site.app_context():
        assert find("boss@example.com").is_active


def test_oneself_is_left_to_the_own_account(site: Flask) -> None:
    boss = signed_in(site)

    assert press(boss, site, "disable", "boss@example.com").status_code == 409
    assert "This is you." in boss.get(page(site, "boss@example.com")).text


def test_identity_is_asked_again_and_leads_back_to_the_page(site: Flask, clock: Any) -> None:
    boss = signed_in(site)
    clock.travel(timedelta(hours=1))

    answer = press(boss, site, "disable")

    assert answer.headers["Location"].startswith("/auth/confirm-identity?next=/admin/user/details/")
    with site.app_context():
        assert find(ADA).is_active


@pytest.mark.parametrize("doing", ["promote", "disable ", "..", "DISABLE"])
def test_nothing_else_can_be_done(site: Flask, doing: str) -> None:
    assert press(signed_in(site), site, doing).status_code in {404, 405}


def test_program_gets_its_answer_as_json(site: Flask) -> None:
    boss = signed_in(site)
    address = f"/auth/people/{id_of(site)}/end-sessions"
    token = csrf_token(boss.get("/auth/account").text)

    answer = boss.client.post(
        address, headers={"Accept": "application/json", "X-CSRFToken": token}, environ_base=boss.environ
    )

    assert answer.get_json() == {"detail": "ada@example.com is signed out everywhere."}
