"""Another e-mail address for one's account, over HTTP, attacked."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.mailbox import all_at_once, mailed_path, mails_to, newest_mail, opened, same_page, statements_of
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, change_user, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, db
from demijohn.auth.accounts import change_password
from demijohn.auth.models import user_class

ADA, NEW = "ada@example.com", "lovelace@example.com"
CONFIRM, UNDO = "/auth/account/email/confirm", "/auth/account/email/undo"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app(public_url="http://localhost")
    make_user(app)
    return app


def signed_in(app: Flask, email: str = ADA, password: str = PASSWORD) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in(email, password).status_code == 302
    return visitor


def ask(visitor: Visitor, email: str = NEW) -> Any:
    return visitor.post("/auth/account/email", {"email": email})


def changed(app: Flask, to: str = NEW, email: str = ADA) -> Visitor:
    """The owner's browser, after the change."""
    owner = signed_in(app, email)
    ask(owner, to)
    owner.get(mailed_path(app, to, f"{CONFIRM}/"))
    assert owner.post(CONFIRM).status_code == 302
    return owner


def addresses(app: Flask) -> set[str]:
    with app.app_context():
        return {user.email for user in db.session.query(user_class())}


def test_an_address_changes_once_its_mailbox_has_answered(site: Flask) -> None:
    owner, elsewhere = signed_in(site), signed_in(site)
    asked = ask(owner, " Lovelace@EXAMPLE.com")
    assert addresses(site) == {ADA}
    owner.get(mailed_path(site, NEW, f"{CONFIRM}/"))
    page = owner.get(CONFIRM)
    assert addresses(site) == {ADA}

    answer = owner.post(CONFIRM)

    assert (asked.status_code, answer.location) == (200, "/auth/account")
    assert "lovelace@example.com</strong> instead of ada@example.com" in page.text
    assert addresses(site) == {NEW}
    assert owner.is_signed_in(), "the browser that confirmed"
    assert not elsewhere.is_signed_in()
    assert Visitor(site).sign_in(ADA).status_code == 422
    assert Visitor(site).sign_in(NEW).status_code == 302


def test_the_old_address_is_told_twice_and_how_to_react(site: Flask) -> None:
    owner = signed_in(site)
    ask(owner)
    asked = newest_mail(site, ADA).text
    owner.get(mailed_path(site, NEW, f"{CONFIRM}/"))
    owner.post(CONFIRM)
    done = newest_mail(site, ADA).text

    assert "wants to change its address to lovelace@example.com. Nothing has changed yet" in asked
    assert "change your password at once: this ends that link" in asked
    assert "is lovelace@example.com now" in done
    assert "take the change back within 3 days" in done


def test_the_page_asks_again_who_one_is_after_a_while(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = signed_in(site)
    token = csrf_token(visitor.get("/auth/account").text)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))

    seen = visitor.get("/auth/account/email")
    sent = visitor.client.post("/auth/account/email", data={"email": NEW, "csrf_token": token})

    assert seen.location == sent.location == "/auth/confirm-identity?next=/auth/account/email"
    assert mails_to(site, NEW) == 0


def test_the_answer_and_the_work_are_the_same_for_a_taken_address(site: Flask) -> None:
    make_user(site, "taken@example.com")
    visitor = signed_in(site)
    ask(visitor, "warm@example.com")
    answers, work = [], []
    for email in ("taken@example.com", "free@example.com"):
        token = csrf_token(visitor.get("/auth/account/email").text)
        data = {"email": email, "csrf_token": token}
        with statements_of(site) as statements:
            answers.append(visitor.client.post("/auth/account/email", data=data, environ_base=visitor.environ))
        work.append(statements)

    assert {answer.status_code for answer in answers} == {200}
    assert len({same_page(answer.text, "taken@example.com", "free@example.com") for answer in answers}) == 1
    assert work[0] == work[1]
    assert mails_to(site, "taken@example.com") == mails_to(site, "free@example.com") == 1
    assert "belongs to your account already" in newest_mail(site, "taken@example.com").text
    assert "http" not in newest_mail(site, "taken@example.com").text


def test_looking_at_the_links_changes_nothing(site: Flask) -> None:
    owner = signed_in(site)
    ask(owner)
    link = mailed_path(site, NEW, f"{CONFIRM}/")
    for scanner in (Visitor(site), owner):
        scanner.get(link)
        scanner.client.head(link)
        scanner.get(CONFIRM)
    assert addresses(site) == {ADA}
    owner.post(CONFIRM)
    undo = mailed_path(site, ADA, f"{UNDO}/")
    opened(site, undo).get(UNDO)

    assert addresses(site) == {NEW}


def test_whoever_is_not_signed_in_is_asked_to_and_led_back(site: Flask) -> None:
    """Reading the mailbox is not enough: nobody's mailbox is tied to an account by a careless click."""
    ask(signed_in(site))
    other = opened(site, mailed_path(site, NEW, f"{CONFIRM}/"))

    sent_to = other.get(CONFIRM).location
    back = other.post("/auth/login", {"email": ADA, "password": PASSWORD, "next": CONFIRM}, page="/auth/login").location

    assert sent_to == f"/auth/login?next={CONFIRM}"
    assert back == CONFIRM
    assert other.post(CONFIRM).status_code == 302
    assert addresses(site) == {NEW}


def test_another_account_cannot_use_the_link(site: Flask) -> None:
    make_user(site, "bob@example.com", password=NEW_PASSWORD)
    ask(signed_in(site))
    bob = signed_in(site, "bob@example.com", NEW_PASSWORD)
    bob.get(mailed_path(site, NEW, f"{CONFIRM}/"))

    seen = bob.get(CONFIRM)
    sent = bob.post(CONFIRM, page="/auth/account")

    assert (seen.status_code, sent.status_code) == (410, 410)
    assert "another account" in seen.text
    assert addresses(site) == {ADA, "bob@example.com"}


def test_a_browser_without_the_link_is_told_to_open_it_again(site: Flask) -> None:
    assert "Open the one in the mail again" in signed_in(site).get(CONFIRM).text


def test_of_eight_at_once_one_wins(make_app: MakeApp, database_url: str) -> None:
    site = make_app(public_url="http://localhost", database={"url": database_url}, auth={"sign_in_attempts": 50})
    make_user(site)
    visitors = [signed_in(site) for _ in range(8)]
    ask(visitors[0])
    link = mailed_path(site, NEW, f"{CONFIRM}/")
    for visitor in visitors:
        visitor.get(link)
    tokens = [csrf_token(visitor.get(CONFIRM).text) for visitor in visitors]

    def confirm(visitor: Visitor, token: str) -> Any:
        return visitor.client.post(CONFIRM, data={"csrf_token": token}, environ_base=visitor.environ)

    answers = all_at_once([lambda v=v, t=t: confirm(v, t) for v, t in zip(visitors, tokens, strict=True)])

    assert [answer.location for answer in answers].count("/auth/account") == 1
    assert {answer.status_code for answer in answers} <= {302, 400, 410}
    assert addresses(site) == {NEW}
    assert mails_to(site, ADA) == 2


def test_two_accounts_racing_for_one_address_never_share_it(make_app: MakeApp, database_url: str) -> None:
    site = make_app(public_url="http://localhost", database={"url": database_url})
    people = ["ada@example.com", "bob@example.com", "cyd@example.com"]
    visitors = []
    for email in people:
        make_user(site, email)
        visitors.append(signed_in(site, email))
        ask(visitors[-1])
        visitors[-1].get(mailed_path(site, NEW, f"{CONFIRM}/"))
    tokens = [csrf_token(visitor.get(CONFIRM).text) for visitor in visitors]

    def confirm(visitor: Visitor, token: str) -> int:
        return visitor.client.post(CONFIRM, data={"csrf_token": token}, environ_base=visitor.environ).status_code

    codes = all_at_once([lambda v=v, t=t: confirm(v, t) for v, t in zip(visitors, tokens, strict=True)])

    assert sorted(codes) == [302, 410, 410]
    assert len(addresses(site)) == 3


def new_password(site: Flask) -> None:
    with site.app_context():
        change_password(find(ADA), NEW_PASSWORD)


def disabled(site: Flask) -> None:
    change_user(site, is_active=False)


def taken_meanwhile(site: Flask) -> None:
    make_user(site, NEW)


def another_request(site: Flask) -> None:
    ask(signed_in(site), "third@example.com")


@pytest.mark.parametrize("event", [new_password, disabled, taken_meanwhile, another_request])
def test_a_change_asked_for_is_dead_after(site: Flask, event: Any) -> None:
    owner = signed_in(site)
    ask(owner)
    owner.get(mailed_path(site, NEW, f"{CONFIRM}/"))
    token = csrf_token(owner.get(CONFIRM).text)

    event(site)
    owner.client.post(CONFIRM, data={"csrf_token": token}, environ_base=owner.environ)

    with site.app_context():
        assert find(ADA).is_active is (event is not disabled)


def test_a_change_asked_for_is_dead_after_two_hours(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(signed_in(site))
    link = mailed_path(site, NEW, f"{CONFIRM}/")
    monkeypatch.setattr(clock, "shift", timedelta(hours=2))

    assert Visitor(site).get(link).status_code == 410


def test_the_old_mailbox_takes_a_change_back_and_chooses_a_new_password(site: Flask) -> None:
    """A thief in a session left open: changes the address, then the password; the owner gets everything back."""
    thief = changed(site)
    with site.app_context():
        change_password(find(NEW), "the-thiefs-own-password")
    owner = opened(site, mailed_path(site, ADA, f"{UNDO}/"))

    done = owner.post(UNDO)
    tried = [Visitor(site).sign_in(email, "the-thiefs-own-password").status_code for email in (ADA, NEW)]
    reset = owner.post("/auth/reset/", {"new_password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD})

    assert (done.location, reset.location) == ("/auth/reset/", "/auth/login")
    assert addresses(site) == {ADA}
    assert not thief.is_signed_in()
    assert tried == [422, 422], "at once, not only once there is a new password"
    assert Visitor(site).sign_in(ADA, NEW_PASSWORD).status_code == 302


def test_changing_twice_does_not_end_the_way_back(site: Flask) -> None:
    changed(site)
    first = mailed_path(site, ADA, f"{UNDO}/")
    changed(site, "third@example.com", NEW)
    second = mailed_path(site, NEW, f"{UNDO}/")

    assert opened(site, second).post(UNDO).status_code == 302
    assert addresses(site) == {NEW}
    assert opened(site, first).post(UNDO).status_code == 302
    assert addresses(site) == {ADA}


def test_taking_a_change_back_ends_the_ways_back_of_later_ones(site: Flask) -> None:
    changed(site)
    first = mailed_path(site, ADA, f"{UNDO}/")
    changed(site, "third@example.com", NEW)
    second = mailed_path(site, NEW, f"{UNDO}/")

    opened(site, first).post(UNDO)

    assert Visitor(site).get(second).status_code == 410
    assert Visitor(site).get(first).status_code == 410, "once"
    assert addresses(site) == {ADA}


def test_a_way_back_to_an_address_that_is_taken_is_dead(site: Flask) -> None:
    changed(site)
    visitor = opened(site, mailed_path(site, ADA, f"{UNDO}/"))
    make_user(site, ADA)

    assert visitor.post(UNDO).status_code == 410
    assert addresses(site) == {ADA, NEW}


def test_the_way_back_ends_after_three_days(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(site)
    link = mailed_path(site, ADA, f"{UNDO}/")
    monkeypatch.setattr(clock, "shift", timedelta(days=3) - timedelta(minutes=1))
    assert Visitor(site).get(link).status_code == 302
    monkeypatch.setattr(clock, "shift", timedelta(days=3))

    assert Visitor(site).get(link).status_code == 410


def test_the_way_back_can_be_switched_off(make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"email_undo_seconds": 0})
    make_user(site)
    changed(site)

    assert "tell your administrator at once" in newest_mail(site, ADA).text
    assert UNDO not in newest_mail(site, ADA).text


@pytest.mark.parametrize("email", ["", "nobody", "a\0b@c.d", "x" * 100_000, "josé@example.com", "ADA@example.com"])
def test_an_address_that_is_no_use_is_refused_in_words(site: Flask, email: str) -> None:
    assert ask(signed_in(site), email).status_code == 422


def test_requests_are_throttled_by_account(make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"reset_attempts": 2})
    make_user(site)
    visitor = signed_in(site)

    assert [ask(visitor, f"u{number}@example.com").status_code for number in range(3)] == [200, 200, 429]


def test_a_program_changes_its_address_with_json(site: Flask) -> None:
    program = signed_in(site)

    asked = program.post_json("/auth/account/email", {"email": NEW}, page="/auth/account")
    wrong = program.post_json("/auth/account/email", {"email": ADA}, page="/auth/account")
    hop = program.get(mailed_path(site, NEW, f"{CONFIRM}/"), headers={"Accept": "application/json"})
    done = program.post_json(CONFIRM, {}, page="/auth/account")
    stranger = Visitor(site).post_json(CONFIRM, {})

    assert (asked.status_code, wrong.status_code, hop.json) == (202, 422, {"next": CONFIRM})
    assert done.json == {"next": "/auth/account"}
    assert stranger.status_code == 401
    assert addresses(site) == {NEW}


@pytest.mark.parametrize("path", ["/auth/account/email", CONFIRM, UNDO])
def test_no_form_is_taken_without_its_token(site: Flask, path: str) -> None:
    owner = signed_in(site)
    ask(owner)
    owner.get(mailed_path(site, NEW, f"{CONFIRM}/"))

    assert owner.client.post(path, data={"email": "x@example.com"}, environ_base=owner.environ).status_code == 400
    assert addresses(site) == {ADA}


def test_without_mail_the_page_is_not_there(make_app: MakeApp) -> None:
    site = make_app(features={"mail": False})
    make_user(site)
    visitor = signed_in(site)

    assert visitor.get("/auth/account/email").status_code == 404
    assert "/auth/account/email" not in visitor.get("/auth/account").text
