"""A forgotten password over HTTP, attacked."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, change_user, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, db
from demijohn.auth.accounts import change_password
from demijohn.auth.models import OneTimeToken
from demijohn.mail.inbox import messages

NEW = {"new_password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app(public_url="http://localhost")
    make_user(app)
    return app


def ask(app: Flask, email: str = "ada@example.com", **options: Any) -> Any:
    return Visitor(app).post("/auth/forgot", {"email": email}, **options)


def mailed_link(app: Flask) -> str:
    """The path of the link in the newest mail."""
    with app.app_context():
        text = messages(app)[-1].text
    found = re.search(r"http://localhost(/auth/reset/\S+)", text)
    assert found, text
    return found[1]


def mail_count(app: Flask) -> int:
    with app.app_context():
        return len(messages(app))


def use(app: Flask, link: str, fields: dict[str, str] | None = None) -> Any:
    """Open the link in a fresh browser and set a password."""
    visitor = Visitor(app)
    if visitor.get(link).status_code != 302:
        return visitor.get(link)
    return visitor.post("/auth/reset/", fields or NEW)


def test_a_mailed_link_sets_a_new_password(site: Flask) -> None:
    ask(site)

    assert use(site, mailed_link(site)).location == "/auth/login"
    assert Visitor(site).sign_in(password=PASSWORD).status_code == 422
    assert Visitor(site).sign_in(password=NEW_PASSWORD).status_code == 302


def test_the_owner_is_told_by_mail(site: Flask) -> None:
    ask(site)
    use(site, mailed_link(site))

    with site.app_context():
        assert "was changed, and every other device was signed out" in messages(site)[-1].text


def test_the_answer_is_the_same_for_everybody(site: Flask) -> None:
    make_user(site, "off@example.com", is_active=False)
    answers = [ask(site, email) for email in ("ada@example.com", "nobody@example.com", "off@example.com")]

    assert {answer.status_code for answer in answers} == {200}
    assert len({re.sub(r'nonce="[^"]*"', "", answer.text) for answer in answers}) == 1
    assert mail_count(site) == 1


def test_the_time_taken_tells_nobody_who_has_an_account(make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"reset_attempts": 1000, "reset_address_attempts": 1000})
    make_user(site)
    visitor = Visitor(site)
    token = csrf_token(visitor.get("/auth/forgot").text)

    def seconds(email: str) -> float:
        began = time.thread_time()
        visitor.client.post("/auth/forgot", data={"csrf_token": token, "email": email}, environ_base=visitor.environ)
        return time.thread_time() - began

    pairs = [(seconds("ada@example.com"), seconds("nobody@example.com")) for _ in range(15)][3:]

    assert 0.5 < median(known for known, _ in pairs) / median(unknown for _, unknown in pairs) < 2


def test_a_poisoned_host_does_not_reach_the_mail(site: Flask) -> None:
    visitor = Visitor(site)
    token = csrf_token(visitor.get("/auth/forgot").text)
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}):
        visitor.client.post(
            "/auth/forgot",
            data={"email": "ada@example.com", "csrf_token": token},
            headers=headers,
            environ_base=visitor.environ,
        )

    with site.app_context():
        assert messages(site)
        assert not any("evil" in message.text for message in messages(site))


def test_opening_the_link_uses_nothing_up(site: Flask) -> None:
    ask(site)
    link = mailed_link(site)
    for _ in range(3):
        Visitor(site).get(link)
        Visitor(site).client.head(link)

    assert use(site, link).location == "/auth/login"


def test_the_page_with_the_form_has_no_token_in_its_address(site: Flask) -> None:
    ask(site)
    link = mailed_link(site)
    visitor = Visitor(site)

    answer = visitor.get(link)
    page = visitor.get(answer.location)

    assert answer.location == "/auth/reset/"
    assert link.rpartition("/")[2] not in page.text
    assert page.status_code == 200
    assert "referrer" in str(page.headers).lower()


def test_only_a_digest_is_stored(site: Flask) -> None:
    ask(site)
    token = mailed_link(site).rpartition("/")[2]

    with site.app_context():
        stored = db.session.scalars(sa.select(OneTimeToken)).one()
        assert token not in {stored.digest, stored.address}
        assert len(token) >= 43, "256 bits"


def test_a_link_works_once(site: Flask) -> None:
    ask(site)
    link = mailed_link(site)
    use(site, link)

    assert Visitor(site).get(link).status_code == 410


def test_of_eight_at_once_one_wins(make_app: MakeApp, database_url: str) -> None:
    site = make_app(public_url="http://localhost", database={"url": database_url}, auth={"concurrent_hashes": 8})
    make_user(site)
    ask(site)
    link = mailed_link(site)
    visitors = [Visitor(site) for _ in range(8)]
    tokens = []
    for visitor in visitors:
        visitor.get(link)
        tokens.append(csrf_token(visitor.get("/auth/reset/").text))
    start = Barrier(8)

    def race(number: int) -> int:
        password = f"a-password-of-visitor-{number}"
        data = {"csrf_token": tokens[number], "new_password": password, "password_confirm": password}
        start.wait()
        return (
            visitors[number].client.post("/auth/reset/", data=data, environ_base=visitors[number].environ).status_code
        )

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(race, range(8)))

    assert sorted(codes) == [302, *[410] * 7]
    winner = codes.index(302)
    assert Visitor(site).sign_in(password=f"a-password-of-visitor-{winner}").status_code == 302


def sign_in(site: Flask) -> None:
    Visitor(site).sign_in()


def new_password(site: Flask) -> None:
    with site.app_context():
        change_password(find("ada@example.com"), NEW_PASSWORD)


def new_address(site: Flask) -> None:
    change_user(site, email="lovelace@example.com")


def disabled(site: Flask) -> None:
    change_user(site, is_active=False)


def newer_link(site: Flask) -> None:
    ask(site)


@pytest.mark.parametrize("event", [sign_in, new_password, new_address, disabled, newer_link])
def test_a_link_is_dead_after(site: Flask, event: Any) -> None:
    ask(site)
    link = mailed_link(site)
    waiting = Visitor(site)
    waiting.get(link)
    token = csrf_token(waiting.get("/auth/reset/").text)

    event(site)

    assert Visitor(site).get(link).status_code == 410
    late = waiting.client.post("/auth/reset/", data={"csrf_token": token, **NEW}, environ_base=waiting.environ)
    assert late.status_code == 410


def test_a_link_is_dead_after_an_hour(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(site)
    link = mailed_link(site)
    monkeypatch.setattr(clock, "shift", timedelta(minutes=59))
    assert Visitor(site).get(link).status_code == 302
    monkeypatch.setattr(clock, "shift", timedelta(minutes=61))

    assert Visitor(site).get(link).status_code == 410


def test_a_new_password_ends_every_session(site: Flask) -> None:
    elsewhere = Visitor(site)
    elsewhere.sign_in()
    ask(site)
    link = mailed_link(site)

    use(site, link)

    assert not elsewhere.is_signed_in()


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 15"),
        ("passwordpassword", "people try first"),
        ("ada@example.com", "not made of your address"),
        ("x" * 1025, "at most 1,024"),
        ("1234567890123456", "people try first"),
    ],
)
def test_a_weak_password_is_refused_in_words_and_the_link_lives(site: Flask, password: str, words: str) -> None:
    ask(site)
    link = mailed_link(site)

    answer = use(site, link, {"new_password": password, "password_confirm": password})

    assert answer.status_code == 422
    assert words in answer.text
    assert use(site, link).location == "/auth/login"


def test_the_two_must_be_the_same(site: Flask) -> None:
    ask(site)

    answer = use(site, mailed_link(site), {"new_password": NEW_PASSWORD, "password_confirm": PASSWORD})

    assert answer.status_code == 422
    assert "not the same" in answer.text


def test_requests_are_throttled_by_account_and_network(make_app: MakeApp) -> None:
    site = make_app(public_url="http://localhost", auth={"reset_attempts": 2, "reset_address_attempts": 4})
    make_user(site)

    by_account = [ask(site).status_code for _ in range(3)]
    by_network = [ask(site, f"u{number}@example.com").status_code for number in range(3)]

    assert by_account == [200, 200, 429]
    assert by_network[-1] == 429
    assert mail_count(site) == 2


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a\0b@c.d",
        "x" * 100_000,
        "josé@bücher.de",
        "ada@example.com\nBcc: eve@example.com",
        '"a b"@c.d',
        "a@[1.2.3.4]",
    ],
)
def test_no_address_breaks_it(site: Flask, email: str) -> None:
    assert ask(site, email).status_code in {200, 422}


def test_an_address_no_mail_can_reach_breaks_nothing(site: Flask) -> None:
    make_user(site, "josé@example.com")

    assert ask(site, "josé@example.com").status_code == 200
    assert ask(site, "josef@example.com").status_code == 200


@pytest.mark.parametrize("email", ["ada@bücher.de", "o'neil+tag@example.com"])
def test_unusual_addresses_get_their_mail(site: Flask, email: str) -> None:
    make_user(site, email)

    assert ask(site, email).status_code == 200
    assert mail_count(site) == 1


@pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..%2f..", "é"])
def test_an_invented_link_is_dead(site: Flask, token: str) -> None:
    assert Visitor(site).get(f"/auth/reset/{token}").status_code in {404, 410}


def test_without_mail_people_are_sent_to_their_administrator(make_app: MakeApp) -> None:
    site = make_app(features={"mail": False})

    answer = Visitor(site).get("/auth/forgot")

    assert answer.status_code == 404
    assert "Ask your administrator" in answer.text
    assert "Forgotten" not in Visitor(site).get("/auth/login").text
