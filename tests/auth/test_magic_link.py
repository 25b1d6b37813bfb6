"""Signing in by a mailed link over HTTP, attacked."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.mailbox import all_at_once, mailed_path, mails_to, opened, same_page, statements_of
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, change_user, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import clock
from demijohn.auth.accounts import change_password
from demijohn.auth.capability import Capability, Step

ADA = "ada@example.com"
PAGE = "/auth/login/link/confirm"


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app(public_url="http://localhost", auth={"magic_link": True})
    make_user(app, confirmed_at=clock.now())
    return app


def ask(app: Flask, email: str = ADA, **fields: Any) -> Any:
    return Visitor(app).post("/auth/login/link", {"email": email, **fields})


def link_for(app: Flask, **fields: Any) -> str:
    ask(app, **fields)
    return mailed_path(app, ADA, "/auth/login/link/")


def press(visitor: Visitor) -> Any:
    return visitor.post(PAGE)


def test_it_is_off_by_default(make_app: MakeApp) -> None:
    site = make_app()

    for path in ("/auth/login/link", PAGE, "/auth/login/link/x"):
        assert Visitor(site).get(path).status_code == 404
    assert "/auth/login/link" not in Visitor(site).get("/auth/login").text


def test_a_link_signs_in_where_its_button_is_pressed(site: Flask) -> None:
    visitor = opened(site, link_for(site, next="/auth/account/sessions", remember="y"))
    assert not visitor.is_signed_in()
    page = visitor.get(PAGE)

    answer = press(visitor)

    assert "You are about to sign in as <strong>ada@example.com" in page.text
    assert answer.location == "/auth/account/sessions"
    assert "Expires" in "".join(answer.headers.getlist("Set-Cookie")), "remembered"
    assert visitor.is_signed_in()


def test_the_sign_in_page_offers_it_and_keeps_the_way_back(site: Flask) -> None:
    assert 'href="/auth/login/link?next=/desk"' in Visitor(site).get("/auth/login?next=/desk").text


def test_the_session_is_short_unless_asked_otherwise(site: Flask) -> None:
    answer = press(opened(site, link_for(site)))

    sessions = [cookie for cookie in answer.headers.getlist("Set-Cookie") if cookie.startswith("session")]
    assert sessions
    assert not any("Expires" in cookie or "Max-Age" in cookie for cookie in sessions)


def test_the_answer_and_the_work_are_the_same_for_everybody(site: Flask) -> None:
    make_user(site, "off@example.com", is_active=False)
    addresses = [ADA, "off@example.com", "nobody@example.com"]
    ask(site, "warm@example.com")
    answers, work = [], []
    for address in addresses:
        visitor = Visitor(site)
        token = csrf_token(visitor.get("/auth/login/link").text)
        data = {"email": address, "csrf_token": token}
        with statements_of(site) as statements:
            answers.append(visitor.client.post("/auth/login/link", data=data, environ_base=visitor.environ))
        work.append([statement for statement in statements if statement[0] not in {"SAVEPOINT", "RELEASE", "ROLLBACK"}])

    assert {answer.status_code for answer in answers} == {200}
    assert len({same_page(answer.text, *addresses) for answer in answers}) == 1
    assert work == [work[0]] * 3
    assert [mails_to(site, address) for address in addresses] == [1, 0, 0]


def test_looking_at_the_link_uses_nothing_up_and_signs_nobody_in(site: Flask) -> None:
    link = link_for(site)
    for _ in range(3):
        scanner = opened(site, link)
        scanner.get(PAGE)
        scanner.client.head(link)
        assert not scanner.is_signed_in()

    assert press(opened(site, link)).status_code == 302


def test_a_link_works_once(site: Flask) -> None:
    link = link_for(site)
    waiting = opened(site, link)
    token = csrf_token(waiting.get(PAGE).text)
    press(opened(site, link))

    assert waiting.client.post(PAGE, data={"csrf_token": token}, environ_base=waiting.environ).status_code == 410
    assert Visitor(site).get(link).status_code == 410
    assert not waiting.is_signed_in()


def test_of_eight_at_once_one_gets_in(make_app: MakeApp, database_url: str) -> None:
    site = make_app(public_url="http://localhost", database={"url": database_url}, auth={"magic_link": True})
    make_user(site)
    link = link_for(site)
    visitors = [opened(site, link) for _ in range(8)]
    tokens = [csrf_token(visitor.get(PAGE).text) for visitor in visitors]

    def enter(visitor: Visitor, token: str) -> int:
        return visitor.client.post(PAGE, data={"csrf_token": token}, environ_base=visitor.environ).status_code

    codes = all_at_once([lambda v=v, t=t: enter(v, t) for v, t in zip(visitors, tokens, strict=True)])

    assert sorted(codes) == [302, *[410] * 7]
    assert [visitor.is_signed_in() for visitor in visitors] == [code == 302 for code in codes]


def sign_in(site: Flask) -> None:
    Visitor(site).sign_in()


def new_password(site: Flask) -> None:
    with site.app_context():
        change_password(find(ADA), NEW_PASSWORD)


def new_address(site: Flask) -> None:
    change_user(site, email="lovelace@example.com")


def disabled(site: Flask) -> None:
    change_user(site, is_active=False)


def newer_link(site: Flask) -> None:
    ask(site)


@pytest.mark.parametrize("event", [sign_in, new_password, new_address, disabled, newer_link])
def test_a_link_is_dead_after(site: Flask, event: Any) -> None:
    link = link_for(site)
    waiting = opened(site, link)
    token = csrf_token(waiting.get(PAGE).text)

    event(site)

    assert Visitor(site).get(link).status_code == 410
    assert waiting.client.post(PAGE, data={"csrf_token": token}, environ_base=waiting.environ).status_code == 410


def test_a_link_is_dead_after_a_quarter_of_an_hour(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_for(site)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=14))
    assert Visitor(site).get(link).status_code == 302
    monkeypatch.setattr(clock, "shift", timedelta(minutes=15))

    assert Visitor(site).get(link).status_code == 410


def test_a_link_is_no_reset_link_and_the_other_way_round(site: Flask) -> None:
    token = link_for(site).rpartition("/")[2]
    Visitor(site).post("/auth/forgot", {"email": ADA})
    reset = mailed_path(site, ADA, "/auth/reset/").rpartition("/")[2]

    assert Visitor(site).get(f"/auth/reset/{token}").status_code == 410
    assert Visitor(site).get(f"/auth/login/link/{reset}").status_code == 410


def test_a_step_that_is_due_still_stands_between(make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"magic_link": True})
    make_user(site)
    second = Step(endpoint="auth.forgot", is_due=lambda user, door: door == "link")
    auth = site.extensions["demijohn.auth"]
    object.__setattr__(auth, "capabilities", (*auth.capabilities, Capability(name="second", steps=(second,))))

    visitor = opened(site, link_for(site))

    assert press(visitor).location == "/auth/forgot"
    assert not visitor.is_signed_in()


def test_the_link_confirms_the_address_and_a_password_from_before_is_gone(site: Flask) -> None:
    make_user(site, "eve@example.com", password="set-by-somebody-else")
    ask(site, "eve@example.com")
    visitor = opened(site, mailed_path(site, "eve@example.com", "/auth/login/link/"))

    press(visitor)

    assert "The password from before that is gone" in visitor.get("/auth/account").text
    assert Visitor(site).sign_in("eve@example.com", "set-by-somebody-else").status_code == 422
    with site.app_context():
        assert find("eve@example.com").confirmed_at is not None


def test_a_confirmed_accounts_password_stays(site: Flask) -> None:
    press(opened(site, link_for(site)))

    assert Visitor(site).sign_in().status_code == 302


def test_accounts_may_be_made_without_a_password(make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"magic_link": True, "registration": "open"})
    Visitor(site).post("/auth/register", {"email": ADA})
    made = opened(site, mailed_path(site, ADA, "/auth/confirm/")).post("/auth/confirm/", {"name": "Ada"})

    assert made.status_code == 302
    assert press(opened(site, link_for(site))).status_code == 302
    assert Visitor(site).sign_in(password="").status_code == 422


def test_requests_are_throttled_by_account_and_network(make_app: MakeApp) -> None:
    limits = {"reset_attempts": 2, "reset_address_attempts": 4}
    site = make_app(public_url="http://localhost", auth={"magic_link": True, **limits})
    make_user(site)

    by_account = [ask(site).status_code for _ in range(3)]
    by_network = [ask(site, f"u{number}@example.com").status_code for number in range(3)]

    assert by_account == [200, 200, 429]
    assert by_network[-1] == 429
    assert mails_to(site, ADA) == 2


def test_a_program_signs_in_with_json(site: Flask) -> None:
    program = Visitor(site)

    asked = program.post_json("/auth/login/link", {"email": ADA, "remember": True, "next": "/desk"})
    link = mailed_path(site, ADA, "/auth/login/link/")
    hop = program.get(link, headers={"Accept": "application/json"})
    entered = program.post_json(PAGE, {}, page=PAGE)
    dead = program.post_json(PAGE, {}, page="/auth/account")

    assert (asked.status_code, hop.json, entered.json) == (202, {"next": PAGE}, {"next": "/desk"})
    assert (dead.status_code, dead.mimetype) == (410, "application/problem+json")
    assert program.is_signed_in()


@pytest.mark.parametrize("path", ["/auth/login/link", PAGE])
def test_no_form_is_taken_without_its_token(site: Flask, path: str) -> None:
    visitor = opened(site, link_for(site))

    assert visitor.client.post(path, data={"email": ADA}).status_code == 400
    assert not visitor.is_signed_in()


def test_the_way_back_leads_nowhere_else(site: Flask) -> None:
    assert "evil" not in press(opened(site, link_for(site, next="//evil.example"))).location


@pytest.mark.parametrize("email", ["", "a\0b@c.d", "x" * 100_000, "a@example.com\nBcc: eve@example.com"])
def test_no_address_breaks_it(site: Flask, email: str) -> None:
    assert ask(site, email).status_code == 422


def test_whoever_was_signed_in_here_is_not_any_more(site: Flask) -> None:
    make_user(site, "bob@example.com", password=NEW_PASSWORD, confirmed_at=clock.now())
    link = link_for(site)
    visitor = Visitor(site)
    visitor.sign_in("bob@example.com", NEW_PASSWORD)
    visitor.get(link)

    press(visitor)

    assert ADA in visitor.get("/auth/account").text
    assert PASSWORD not in visitor.get("/auth/account").text
