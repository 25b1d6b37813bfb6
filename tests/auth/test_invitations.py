"""Invitations over HTTP and by command, attacked."""

import re
from collections.abc import Iterable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from tests.auth.mailbox import all_at_once, mailed_path, mails_to, newest_mail, opened
from tests.auth.test_screens import save
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, change_user, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, db
from demijohn.auth.guards import Refused
from demijohn.auth.invitations.inviting import invite
from demijohn.auth.invitations.models import Invitation
from demijohn.auth.models import Role, user_class

BOSS, GRACE = "boss@example.com", "grace@example.com"
NEW_ACCOUNT = {"name": "Grace", "password": PASSWORD, "password_confirm": PASSWORD}
SCREEN = "/admin/invitation/"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    return furnished(make_app(public_url="http://localhost", auth={"registration": "invite"}))


def furnished(app: Flask) -> Flask:
    with app.app_context():
        db.session.add(Role(name="seller", permissions={"order.view"}))
        db.session.add(Role(name="clerk", permissions={"invitation.view", "invitation.create", "role.view"}))
        db.session.commit()
    make_user(app, BOSS, is_superuser=True, name="The Boss")
    return app


def sent(app: Flask, email: str = GRACE, roles: Iterable[str] = ("seller",), inviter: str | None = BOSS) -> str:
    """The path of the link in the mail of a new invitation."""
    with app.app_context():
        invite(email, roles=roles, inviter=find(inviter) if inviter else None)
        db.session.commit()
    return mailed_path(app, email, "/auth/invite/")


def accept(visitor: Visitor, fields: dict[str, str] | None = None) -> Any:
    return visitor.post("/auth/invite/", fields or NEW_ACCOUNT)


def signed_in(app: Flask, email: str = BOSS) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(email).status_code == 302
    return visitor


def states(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {one.email: one.state for one in db.session.query(Invitation)}


def press(visitor: Visitor, action: str, *ids: int) -> Any:
    """Press a button of the list, and answer the question if it asks one, as a person would."""
    token = csrf_token(visitor.get(SCREEN).text)
    data = {"action": action, "rowid": [str(one) for one in ids], "csrf_token": token, "url": SCREEN}
    answer = visitor.client.post(f"{SCREEN}action/", data=data, environ_base=visitor.environ)
    if answer.status_code == 409:
        shown: dict[str, Any] = {}
        for name, value in re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', answer.text):
            shown.setdefault(name, []).append(unescape(value))
        data = {**shown, "csrf_token": shown["csrf_token"][0]}
        answer = visitor.client.post(f"{SCREEN}action/", data=data, environ_base=visitor.environ)
    return answer


@pytest.mark.parametrize("path", ["/auth/invite/", "/auth/invite/x", SCREEN])
def test_where_registration_is_closed_there_are_none(make_app: MakeApp, path: str) -> None:
    site = furnished(make_app())

    assert signed_in(site).get(path).status_code == 404
    with site.app_context(), pytest.raises(Refused, match="FLASK_AUTH__REGISTRATION=invite"):
        invite(GRACE)


def test_an_invited_person_chooses_a_password_and_is_in_with_their_roles(site: Flask) -> None:
    visitor = opened(site, sent(site))
    page = visitor.get("/auth/invite/").text

    answer = accept(visitor, {**NEW_ACCOUNT, "is_superuser": "y", "email": "other@example.com"})

    assert "The Boss invited you. Your account will be grace@example.com" in page
    assert answer.status_code == 302
    assert visitor.is_signed_in()
    with site.app_context():
        grace = find(GRACE)
        assert (grace.name, [role.name for role in grace.roles], grace.is_superuser) == ("Grace", ["seller"], False)
        assert grace.confirmed_at is not None
    assert states(site) == {GRACE: "accepted"}
    assert Visitor(site).sign_in(GRACE).status_code == 302


def test_open_registration_has_invitations_too(make_app: MakeApp) -> None:
    site = furnished(make_app(public_url="http://localhost", auth={"registration": "open"}))

    assert accept(opened(site, sent(site))).status_code == 302


def test_looking_at_the_link_uses_nothing_up_and_the_token_leaves_the_address(site: Flask) -> None:
    link = sent(site)
    for _ in range(3):
        page = opened(site, link).get("/auth/invite/")
        Visitor(site).client.head(link)
        assert link.rpartition("/")[2] not in page.text

    assert states(site) == {GRACE: "pending"}
    assert accept(opened(site, link)).status_code == 302


def test_of_eight_at_once_one_wins(make_app: MakeApp, database_url: str) -> None:
    settings = {"registration": "invite", "concurrent_hashes": 8}
    site = furnished(make_app(public_url="http://localhost", database={"url": database_url}, auth=settings))
    link = sent(site)
    visitors = [opened(site, link) for _ in range(8)]
    tokens = [csrf_token(visitor.get("/auth/invite/").text) for visitor in visitors]

    def enter(visitor: Visitor, token: str) -> int:
        data = {"csrf_token": token, **NEW_ACCOUNT}
        return visitor.client.post("/auth/invite/", data=data, environ_base=visitor.environ).status_code

    codes = all_at_once([lambda v=v, t=t: enter(v, t) for v, t in zip(visitors, tokens, strict=True)])

    assert sorted(codes) == [302, *[410] * 7]
    with site.app_context():
        assert db.session.query(user_class()).count() == 2


def revoked(site: Flask) -> None:
    press(signed_in(site), "revoke", 1)


def deleted(site: Flask) -> None:
    with site.app_context():
        db.session.delete(db.session.get_one(Invitation, 1))
        db.session.commit()


def sent_again(site: Flask) -> None:
    press(signed_in(site), "resend", 1)


def registered(site: Flask) -> None:
    make_user(site, GRACE, password=NEW_PASSWORD)


def inviter_disabled(site: Flask) -> None:
    make_user(site, "second@example.com", is_superuser=True)
    change_user(site, BOSS, is_active=False)


def inviter_demoted(site: Flask) -> None:
    make_user(site, "second@example.com", is_superuser=True)
    change_user(site, BOSS, is_superuser=False)


def inviter_deleted(site: Flask) -> None:
    make_user(site, "second@example.com", is_superuser=True)
    with site.app_context():
        db.session.delete(find(BOSS))
        db.session.commit()


@pytest.mark.parametrize(
    "event", [revoked, deleted, sent_again, registered, inviter_disabled, inviter_demoted, inviter_deleted]
)
def test_an_invitation_is_dead_after(site: Flask, event: Any) -> None:
    waiting = opened(site, sent(site))
    token = csrf_token(waiting.get("/auth/invite/").text)

    event(site)
    late = waiting.client.post("/auth/invite/", data={"csrf_token": token, **NEW_ACCOUNT}, environ_base=waiting.environ)

    assert late.status_code == 410
    assert not waiting.is_signed_in()
    assert Visitor(site).sign_in(GRACE).status_code == 422


def test_an_invitation_is_dead_after_a_week(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = sent(site)
    monkeypatch.setattr(clock, "shift", timedelta(days=7) - timedelta(minutes=1))
    assert Visitor(site).get(link).status_code == 302
    monkeypatch.setattr(clock, "shift", timedelta(days=7))

    assert Visitor(site).get(link).status_code == 410
    assert states(site) == {GRACE: "expired"}


def test_a_role_that_grew_beyond_the_inviter_is_not_handed_out(site: Flask) -> None:
    make_user(site, "clerk@example.com", roles=["clerk", "seller"])
    link = sent(site, inviter="clerk@example.com")
    with site.app_context():
        role = db.session.query(Role).filter_by(name="seller").one()
        role.permissions = {"order.view", "order.delete"}
        db.session.query(user_class()).filter_by(email="clerk@example.com").one().roles = [
            db.session.query(Role).filter_by(name="clerk").one()
        ]
        db.session.commit()

    assert opened(site, link).get("/auth/invite/").status_code == 410


def test_the_dashboard_invites(site: Flask) -> None:
    boss = signed_in(site)
    with site.app_context():
        seller = db.session.query(Role).filter_by(name="seller").one().id

    answer = save(boss, f"{SCREEN}new/", email="Grace@EXAMPLE.com", roles=str(seller))
    listed = boss.get(SCREEN).text

    assert answer.status_code == 302, answer.text
    assert f'href="{SCREEN}new/"' in boss.get("/admin/user/").text
    assert all(text in listed for text in (GRACE, "pending", "seller", BOSS))
    assert "The Boss invites you" in newest_mail(site, GRACE).text
    assert accept(opened(site, mailed_path(site, GRACE, "/auth/invite/"))).status_code == 302


@pytest.mark.parametrize(
    ("email", "words"),
    [
        (BOSS, "A user with boss@example.com exists"),
        ("invited@example.com", "is invited already"),
        ("josé@example.com", "No mail can be sent"),
        ("nobody", "must have an @"),
    ],
)
def test_only_the_inviter_is_told_why_an_address_cannot_be_invited(site: Flask, email: str, words: str) -> None:
    sent(site, "invited@example.com")
    answer = save(signed_in(site), f"{SCREEN}new/", email=email)

    assert answer.status_code in {200, 422}
    assert words in answer.text
    assert mails_to(site, email) == (email == "invited@example.com")


def test_nobody_invites_into_roles_they_lack(site: Flask) -> None:
    make_user(site, "clerk@example.com", roles=["clerk"])
    clerk = signed_in(site, "clerk@example.com")
    with site.app_context():
        ids = {role.name: str(role.id) for role in db.session.query(Role)}

    refused = save(clerk, f"{SCREEN}new/", email=GRACE, roles=ids["seller"])
    allowed = save(clerk, f"{SCREEN}new/", email=GRACE, roles=ids["clerk"])

    assert "You do not have order.view yourself" in refused.text
    assert allowed.status_code == 302
    assert mails_to(site, GRACE) == 1


def test_whoever_may_not_invite_sees_no_way_to(site: Flask) -> None:
    with site.app_context():
        db.session.add(Role(name="reader", permissions={"user.view"}))
        db.session.commit()
    make_user(site, "reader@example.com", roles=["reader"])
    reader = signed_in(site, "reader@example.com")

    assert SCREEN not in reader.get("/admin/user/").text
    assert reader.get(SCREEN).status_code == reader.get(f"{SCREEN}new/").status_code == 403


def test_sending_again_begins_the_week_anew_and_revoking_ends_it(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sent(site)
    monkeypatch.setattr(clock, "shift", timedelta(days=6))
    boss = signed_in(site)
    press(boss, "resend", 1)
    second = mailed_path(site, GRACE, "/auth/invite/")
    monkeypatch.setattr(clock, "shift", timedelta(days=12))

    assert Visitor(site).get(first).status_code == 410
    assert Visitor(site).get(second).status_code == 302
    press(signed_in(site), "revoke", 1)
    assert Visitor(site).get(second).status_code == 410
    assert states(site) == {GRACE: "revoked"}
    press(signed_in(site), "resend", 1)
    assert mails_to(site, GRACE) == 2


def test_an_inbox_is_not_filled_with_invitations(make_app: MakeApp) -> None:
    site = furnished(make_app(public_url="http://localhost", auth={"registration": "invite", "reset_attempts": 2}))
    sent(site)
    boss = signed_in(site)

    for _ in range(4):
        press(boss, "resend", 1)

    assert mails_to(site, GRACE) == 3
    assert "Enough mail was sent there" in boss.get(SCREEN).text


def test_the_command_invites(site: Flask) -> None:
    run = site.test_cli_runner().invoke

    done = run(args=["user", "create", GRACE, "--invite", "--role", "seller"])
    twice = run(args=["user", "create", GRACE, "--invite"])
    taken = run(args=["user", "create", BOSS, "--invite"])
    unknown = run(args=["user", "create", "new@example.com", "--invite", "--role", "seler"])
    wrong = run(args=["user", "create", "new@example.com", "--invite", "--superuser"])

    assert (done.exit_code, twice.exit_code, taken.exit_code, unknown.exit_code, wrong.exit_code) == (0, 1, 1, 1, 2)
    assert done.output.startswith("invited grace@example.com, until 20")
    assert "Did you mean seller?" in unknown.output
    assert "you are invited to" in newest_mail(site, GRACE).text
    visitor = opened(site, mailed_path(site, GRACE, "/auth/invite/"))
    assert "You are invited." in visitor.get("/auth/invite/").text
    assert accept(visitor).status_code == 302


def test_a_weak_password_is_refused_and_the_invitation_lives(site: Flask) -> None:
    link = sent(site)

    weak = accept(opened(site, link), {"name": "Grace", "password": "short", "password_confirm": "short"})

    assert weak.status_code == 422
    assert accept(opened(site, link)).status_code == 302


def test_a_program_accepts_with_json(site: Flask) -> None:
    link, program = sent(site), Visitor(site)

    hop = program.get(link, headers={"Accept": "application/json"})
    done = program.post_json("/auth/invite/", NEW_ACCOUNT, page="/auth/invite/")
    dead = Visitor(site).get(link, headers={"Accept": "application/json"})

    assert hop.json == {"next": "/auth/invite/"}
    assert done.status_code == 200
    assert (dead.status_code, dead.mimetype) == (410, "application/problem+json")


def test_no_form_is_taken_without_its_token(site: Flask) -> None:
    visitor = opened(site, sent(site))

    assert visitor.client.post("/auth/invite/", data=NEW_ACCOUNT, environ_base=visitor.environ).status_code == 400
    assert states(site) == {GRACE: "pending"}


def test_an_invitation_is_no_registration_link(make_app: MakeApp) -> None:
    site = furnished(make_app(public_url="http://localhost", auth={"registration": "open"}))
    token = sent(site).rpartition("/")[2]

    assert Visitor(site).get(f"/auth/confirm/{token}").status_code == 410


def test_invitations_are_deleted_long_after_their_end_and_not_while_they_can_be_accepted(
    make_app: MakeApp, clock: Any
) -> None:
    app = furnished(
        make_app(public_url="http://localhost", auth={"registration": "invite", "invitations_keep_days": 10})
    )
    accept(opened(app, sent(app, "accepted@example.com")))
    sent(app, "missed@example.com")
    clock.travel(timedelta(days=12))
    sent(app, "open@example.com")
    before = app.test_cli_runner().invoke(args=["prune", "--json"])
    kept = states(app)
    clock.travel(timedelta(days=6))

    app.test_cli_runner().invoke(args=["prune", "--json"])

    assert before.exit_code == 0, before.output
    assert kept == {"accepted@example.com": "accepted", "missed@example.com": "expired", "open@example.com": "pending"}
    assert states(app) == {"open@example.com": "pending"}
