"""Signing in and out over HTTP, attacked."""

import time
from datetime import timedelta
from statistics import median

import pytest
from argon2 import PasswordHasher
from flask import Flask
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, change_user, csrf_token, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, db
from demijohn.auth.models import user_class

HOSTILE = ["", "a\0b", "\ud800", "x" * 100_000, "ﷺ" * 2000, "' OR 1=1 --", "😀" * 300, "{{7*7}}", "ada@example.com\n"]


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    app = make_app()
    make_user(app)
    return app


def test_the_right_password_opens_the_account(site: Flask) -> None:
    visitor = Visitor(site)

    assert not visitor.is_signed_in()
    answer = visitor.sign_in("ADA@example.com")

    assert answer.status_code == 302
    assert visitor.is_signed_in()


def test_four_ways_to_fail_look_the_same(site: Flask) -> None:
    make_user(site, "off@example.com", is_active=False)
    make_user(site, "nopassword@example.com", password=None)
    attempts = [
        ("nobody@example.com", PASSWORD),
        ("ada@example.com", "wrong-wrong-wrong"),
        ("off@example.com", PASSWORD),
        ("nopassword@example.com", PASSWORD),
        ("no address", PASSWORD),
    ]

    answers = [Visitor(site).sign_in(*attempt) for attempt in attempts]
    pages = {plain(answer.text, *attempt) for answer, attempt in zip(answers, attempts, strict=True)}

    assert {answer.status_code for answer in answers} == {422}
    assert len(pages) == 1
    assert "do not match an account" in pages.pop()


def plain(html: str, email: str, password: str) -> str:
    """The page without what differs by nature: the token and nonce, and the address typed."""
    import re

    return re.sub(r'(value|nonce)="[^"]*"', "", html.replace(email, "").replace(password, ""))


def test_an_unknown_account_takes_as_long_as_a_wrong_password(make_app: MakeApp) -> None:
    site = make_app(auth={"sign_in_attempts": 1000, "sign_in_address_attempts": 1000})
    make_user(site)
    visitor = Visitor(site)

    def seconds(email: str) -> float:
        began = time.thread_time()
        visitor.sign_in(email, "wrong-wrong-wrong")
        return time.thread_time() - began

    known, unknown = [], []
    for _ in range(9):
        known.append(seconds("ada@example.com"))
        unknown.append(seconds("nobody@example.com"))

    assert 0.6 < median(known) / median(unknown) < 1.6


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "////evil.example",
        "https:evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " //evil.example",
        "https://localhost@evil.example",
    ],
)
def test_next_leads_nowhere_else(site: Flask, target: str) -> None:
    by_query = Visitor(site).post(
        "/auth/login", {"email": "ada@example.com", "password": PASSWORD}, query_string={"next": target}
    )
    by_field = Visitor(site).sign_in(next=target)

    assert "evil" not in (by_query.location or "") + (by_field.location or "")
    assert "javascript" not in (by_query.location or "") + (by_field.location or "")
    assert by_query.status_code == by_field.status_code == 302


def test_next_leads_back_inside(site: Flask) -> None:
    visitor = Visitor(site)
    wanted = visitor.get("/auth/account/password").location
    page = visitor.get(wanted).text

    assert 'name="next" type="hidden" value="/auth/account/password"' in page
    assert Visitor(site).sign_in(next="/auth/account/password").location == "/auth/account/password"


def test_the_session_id_from_before_is_worth_nothing_after(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.get("/auth/login")
    before = {cookie.value for cookie in visitor.client._cookies.values()}
    visitor.sign_in()
    attacker = Visitor(site)
    for value in before:
        attacker.client.set_cookie("session", value)

    assert visitor.is_signed_in()
    assert not attacker.is_signed_in()


@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout", "/auth/forgot", "/auth/reset/", "/auth/account"])
def test_no_form_is_taken_without_its_token(site: Flask, path: str) -> None:
    visitor = Visitor(site)
    visitor.sign_in()

    answer = visitor.client.post(path, data={"email": "ada@example.com", "password": PASSWORD, "name": "Eve"})

    assert answer.status_code == 400
    assert visitor.is_signed_in()


def test_sign_out_is_a_post_and_ends_the_session(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()
    stolen = {cookie.key: cookie.value for cookie in visitor.client._cookies.values()}

    assert visitor.get("/auth/logout").status_code == 405
    assert visitor.is_signed_in()
    assert visitor.post("/auth/logout", page="/auth/account").status_code == 302
    assert not visitor.is_signed_in()

    thief = Visitor(site)
    for name, value in stolen.items():
        thief.client.set_cookie(name, value)
    if site.extensions["demijohn"].has("sessions") and "demijohn.sessions" in site.extensions:
        assert not thief.is_signed_in()


def test_no_remember_cookie_is_issued_or_accepted(site: Flask) -> None:
    from flask_login.utils import encode_cookie

    visitor = Visitor(site)
    answer = visitor.sign_in(remember="y")
    assert not any("remember" in header for header in answer.headers.getlist("Set-Cookie"))

    forger = Visitor(site)
    with site.test_request_context():
        forged = encode_cookie("1")
    forger.client.set_cookie("remember_token", forged)
    assert not forger.is_signed_in()


def test_remember_lengthens_the_same_session(site: Flask) -> None:
    short = Visitor(site).sign_in().headers.getlist("Set-Cookie")[-1]
    long = Visitor(site).sign_in(remember="y").headers.getlist("Set-Cookie")[-1]

    assert "Expires" not in short
    assert "Max-Age" not in short
    assert "Expires" in long or "Max-Age" in long


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"email": "lovelace@example.com"}, {"password_hash": "another"}, {"is_superuser": True}],
    ids=["disabled", "new address", "new password", "promoted"],
)
def test_what_changes_the_account_ends_its_sessions(site: Flask, change: dict[str, object]) -> None:
    visitor = Visitor(site)
    visitor.sign_in()

    change_user(site, **change)

    assert not visitor.is_signed_in()


def test_a_change_of_name_does_not(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()

    change_user(site, name="Ada", email="ADA@example.com")

    assert visitor.is_signed_in()


def test_sign_ins_are_throttled_by_account_and_network(make_app: MakeApp) -> None:
    site = make_app(auth={"sign_in_attempts": 3})
    make_user(site)
    guesser = Visitor(site)
    for _ in range(3):
        assert guesser.sign_in(password="wrong-wrong-wrong").status_code == 422

    answer = guesser.sign_in(password=PASSWORD)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Wait" in answer.text
    assert Visitor(site, "198.51.100.99").sign_in().status_code == 429, "the same network"
    assert Visitor(site, "203.0.113.5").sign_in().status_code == 302, "the owner, from elsewhere"


def test_an_unknown_account_is_throttled_alike(make_app: MakeApp) -> None:
    site = make_app(auth={"sign_in_attempts": 3})
    guesser = Visitor(site)

    codes = [guesser.sign_in("nobody@example.com").status_code for _ in range(4)]

    assert codes == [422, 422, 422, 429]


def test_one_network_cannot_spray_many_accounts(make_app: MakeApp) -> None:
    site = make_app(auth={"sign_in_address_attempts": 3})
    sprayer = Visitor(site)

    codes = [sprayer.sign_in(f"u{number}@example.com").status_code for number in range(4)]

    assert codes == [422, 422, 422, 429]


def test_a_success_forgives_the_failures_before(make_app: MakeApp) -> None:
    site = make_app(auth={"sign_in_attempts": 3})
    make_user(site)
    for _ in range(3):
        visitor = Visitor(site)
        visitor.sign_in(password="wrong-wrong-wrong")
        visitor.sign_in(password="wrong-wrong-wrong")

        assert visitor.sign_in().status_code == 302


def test_a_hash_of_older_parameters_is_renewed_and_the_session_lives(site: Flask) -> None:
    change_user(site, password_hash=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD))
    visitor = Visitor(site)

    visitor.sign_in()

    with site.app_context():
        assert "m=19456,t=2,p=1" in str(find("ada@example.com").password_hash)
    assert visitor.is_signed_in()


def test_a_program_signs_in_with_json(site: Flask) -> None:
    program = Visitor(site)

    wrong = program.post_json("/auth/login", {"email": "ada@example.com", "password": "wrong-wrong-wrong"})
    missing = program.post_json("/auth/login", {"email": "ada@example.com"})
    right = program.post_json("/auth/login", {"email": "ada@example.com", "password": PASSWORD})

    assert (wrong.status_code, missing.status_code, right.status_code) == (401, 422, 200)
    assert wrong.mimetype == missing.mimetype == "application/problem+json"
    assert missing.json is not None
    assert missing.json["errors"] == {"password": ["Enter your password."]}
    assert program.is_signed_in()


@pytest.mark.parametrize("body", [[], "text", 1, None, {"email": {"a": 1}, "password": []}, {"email": "\ud800"}])
def test_odd_json_is_refused_in_words(site: Flask, body: object) -> None:
    assert Visitor(site).post_json("/auth/login", body).status_code in {400, 422}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_input_breaks_sign_in(site: Flask, text: str) -> None:
    program = Visitor(site)

    assert program.post_json("/auth/login", {"email": text, "password": text, "next": text}).status_code in {401, 422}
    assert program.post_json("/auth/login", {"email": "ada@example.com", "password": text}).status_code in {401, 422}


def test_last_sign_in_is_noted(site: Flask) -> None:
    Visitor(site).sign_in()

    with site.app_context():
        user = db.session.query(user_class()).one()
        assert user.last_sign_in_at is not None
        assert clock.now() - user.last_sign_in_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    "path",
    [
        "/auth/register",
        "/auth/confirm/x",
        "/auth/invite/x",
        "/auth/account/passkeys",
        "/auth/login/passkey",
        "/auth/login/link",
        "/auth/login/oidc/google",
        "/auth/callback/google",
    ],
)
def test_what_is_not_switched_on_is_not_there(site: Flask, path: str) -> None:
    visitor = Visitor(site)
    visitor.sign_in()

    assert visitor.get(path).status_code == 404


def test_a_sensitive_step_asks_again_after_a_while(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(site)
    visitor.sign_in()
    monkeypatch.setattr(clock, "shift", timedelta(minutes=16))

    sent_to = visitor.post("/auth/account/sessions", {"session": "others"}).location
    refused = visitor.post("/auth/confirm-identity", {"password": "wrong-wrong-wrong"})
    confirmed = visitor.post("/auth/confirm-identity", {"password": PASSWORD, "next": "/auth/account/sessions"})

    assert sent_to == "/auth/confirm-identity?next=/auth/account/sessions"
    assert refused.status_code == 422
    assert confirmed.location == "/auth/account/sessions"
    assert visitor.post("/auth/account/sessions", {"session": "others"}).location == "/auth/account/sessions"


def test_strangers_get_no_page_of_an_account(site: Flask) -> None:
    for path in ("/auth/account", "/auth/account/password", "/auth/account/sessions", "/auth/confirm-identity"):
        assert Visitor(site).get(path).location.startswith("/auth/login?next=")


def test_names_are_checked_and_saved(site: Flask) -> None:
    visitor = Visitor(site)
    visitor.sign_in()

    assert visitor.post("/auth/account", {"name": "Ada\0"}).status_code == 422
    assert visitor.post("/auth/account", {"name": "x" * 256}).status_code == 422
    assert visitor.post("/auth/account", {"name": "Ada <b>Lovelace</b>"}).status_code == 302
    assert "Ada &lt;b&gt;Lovelace&lt;/b&gt;" in visitor.get("/auth/account").text


def test_new_password_is_not_accepted_with_the_old_hash(site: Flask) -> None:
    assert Visitor(site).sign_in(password=NEW_PASSWORD).status_code == 422


def test_in_production_people_sign_in_over_https_only_with_a_host_cookie(make_app: MakeApp) -> None:
    site = make_app(environment="production", public_url="https://shop.example")
    make_user(site)
    client = site.test_client()
    https = {"base_url": "https://shop.example", "headers": {"Origin": "https://shop.example"}}
    token = csrf_token(client.get("/auth/login", **https).text)
    fields = {"email": "ada@example.com", "password": PASSWORD, "csrf_token": token}

    foreign = client.post(
        "/auth/login", data=fields, base_url="https://shop.example", headers={"Origin": "https://evil.example"}
    )
    answer = client.post("/auth/login", data=fields, **https)

    assert foreign.status_code == 400
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/auth/account", **https).status_code == 200
