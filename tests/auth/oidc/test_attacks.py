"""Attacks on the way back from a provider: none opens an account, each is told in plain words, none gives a 500."""

import base64
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from joserfc.jwk import OctKey, RSAKey
from tests.auth.oidc.conftest import Traveller, section
from tests.auth.oidc.fake_provider import CLIENT_ID, FakeProvider, running
from tests.auth.oidc.test_sign_in import words
from tests.auth.visitor import make_user
from tests.conftest import MakeApp

from demijohn import db
from demijohn.auth.models import user_class
from demijohn.auth.oidc.models import Identity

UNPROVEN = "Main Street gave no proof of who you are"
NOT_OURS = "This sign-in can't be finished"


@pytest.fixture
def site(make_site: Any) -> Flask:
    found: Flask = make_site(provision=True)
    return found


def nobody_came(site: Flask, visitor: Traveller) -> None:
    assert not visitor.is_signed_in()
    with site.app_context():
        assert db.session.scalars(sa.select(user_class())).all() == []


LIES: dict[str, Callable[[FakeProvider], Any]] = {
    "wrong nonce": lambda fake: fake.claims.update(nonce="another"),
    "no nonce": lambda fake: fake.claims.update(nonce=None),
    "other issuer": lambda fake: fake.claims.update(iss="https://evil.example"),
    "no issuer": lambda fake: fake.claims.update(iss=None),
    "other audience": lambda fake: fake.claims.update(aud="another-shop"),
    "no audience": lambda fake: fake.claims.update(aud=None),
    "ours among others, for another": lambda fake: fake.claims.update(aud=[CLIENT_ID, "x"], azp="x"),
    "ours among others, for nobody": lambda fake: fake.claims.update(aud=[CLIENT_ID, "x"]),
    "expired": lambda fake: fake.claims.update(exp=int(time.time()) - 120),
    "never expires": lambda fake: fake.claims.update(exp=None),
    "expiry is no number": lambda fake: fake.claims.update(exp="soon"),
    "of the future": lambda fake: fake.claims.update(iat=int(time.time()) + 3600),
    "not yet": lambda fake: fake.claims.update(nbf=int(time.time()) + 3600),
    "no subject": lambda fake: fake.claims.update(sub=None),
    "empty subject": lambda fake: fake.claims.update(sub=""),
    "subject is a number": lambda fake: fake.claims.update(sub=7),
    "huge subject": lambda fake: fake.claims.update(sub="x" * 300),
    "unsigned": lambda fake: fake.header.update(alg="none"),
    "key of another": lambda fake: setattr(fake, "signing_key", RSAKey.generate_key(2048, {"kid": "one"})),
    "unknown key": lambda fake: setattr(fake, "signing_key", RSAKey.generate_key(2048, {"kid": "two"})),
    "other access token": lambda fake: fake.claims.update(at_hash="x" * 22),
    "user info of another": lambda fake: fake.userinfo.update(sub="another"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_proves_nothing_opens_nothing(
    site: Flask, fake: FakeProvider, lie: Callable[[FakeProvider], Any]
) -> None:
    del fake.person["email"]  # so that the answer about the user is asked for
    fake.userinfo = {"email": "ada@example.com", "email_verified": True}
    lie(fake)
    visitor = Traveller(site)

    answer = visitor.travel(fake)

    assert (answer.status_code, words(answer)) == (403, UNPROVEN)
    nobody_came(site, visitor)


def test_a_token_signed_with_the_public_key_as_a_shared_secret_opens_nothing(site: Flask, fake: FakeProvider) -> None:
    public = fake.key.as_pem(private=False)
    fake.header = {"alg": "HS256"}
    fake.signing_key = OctKey.import_key(base64.urlsafe_b64encode(public), {"kid": "one"})  # type: ignore[assignment]
    visitor = Traveller(site)

    answer = visitor.travel(fake)

    assert words(answer) == UNPROVEN
    nobody_came(site, visitor)


def test_the_lie_list_is_about_lies(site: Flask, fake: FakeProvider) -> None:
    fake.claims = {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID, "iat": int(time.time()) + 30}
    visitor = Traveller(site)

    visitor.travel(fake)

    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    "lies",
    [{"state": "another"}, {"state": ""}, {"iss": "https://evil.example"}, {"iss": ""}],
    ids=["state", "no state", "other issuer", "empty issuer"],
)
def test_an_answer_that_was_not_asked_for_opens_nothing(site: Flask, fake: FakeProvider, lies: dict[str, str]) -> None:
    visitor = Traveller(site)

    answer = visitor.travel(fake, **lies)

    assert (answer.status_code, words(answer)) == (400, NOT_OURS)
    assert "/token" not in fake.asked, "the code was given away"
    nobody_came(site, visitor)


def test_an_issuer_that_is_always_named_must_be(site: Flask, fake: FakeProvider) -> None:
    visitor = Traveller(site)
    answer = fake.grant(visitor.leave())
    del answer["iss"]

    assert words(visitor.come_back(answer)) == NOT_OURS


def test_an_answer_counts_in_the_browser_that_asked_only(site: Flask, fake: FakeProvider) -> None:
    attacker, victim = Traveller(site), Traveller(site)
    prepared = fake.grant(attacker.leave())
    victim.leave()

    answer = victim.come_back(prepared)

    assert words(answer) == NOT_OURS
    nobody_came(site, victim)


def test_an_answer_counts_once(site: Flask, fake: FakeProvider) -> None:
    visitor = Traveller(site)
    answer = fake.grant(visitor.leave())
    visitor.come_back(answer)
    visitor.post("/auth/logout", page="/auth/account")

    again = visitor.come_back(answer)

    assert words(again) == NOT_OURS
    assert not visitor.is_signed_in()


def test_an_answer_of_one_provider_is_no_answer_of_another(make_app: MakeApp, fake: FakeProvider) -> None:
    with running(FakeProvider()) as evil:
        auth = {"oidc": {"main": section(fake, provision=True), "evil": section(evil, provision=True)}}
        site = make_app(auth=auth)
        visitor = Traveller(site)
        honest = fake.grant(visitor.leave())

        answer = visitor.come_back(honest, "evil")

        assert words(answer) == NOT_OURS
        assert "/token" not in evil.asked, "the honest provider's code went to the other"
        nobody_came(site, visitor)


def test_an_answer_after_a_quarter_of_an_hour_is_too_late(site: Flask, fake: FakeProvider, clock: Any) -> None:
    from datetime import timedelta

    visitor = Traveller(site)
    answer = fake.grant(visitor.leave())
    clock.travel(timedelta(minutes=16))

    assert words(visitor.come_back(answer)) == NOT_OURS


def test_eight_answers_at_once_make_one_session(make_site: Any, fake: FakeProvider, database_url: str) -> None:
    site = make_site(provision=True, settings={"database": {"url": database_url}})
    visitor = Traveller(site)
    answer = fake.grant(visitor.leave())
    cookie = visitor.client.get_cookie("session")
    assert cookie is not None
    statuses: list[int] = []

    def come() -> None:
        one = Traveller(site)
        one.client.set_cookie("session", cookie.value)
        statuses.append(one.come_back(answer).status_code)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [302, 400, 400, 400, 400, 400, 400, 400]
    with site.app_context():
        assert len(db.session.scalars(sa.select(Identity)).all()) == 1


def test_one_person_in_eight_browsers_at_once_gets_one_account(
    make_site: Any, fake: FakeProvider, database_url: str
) -> None:
    site = make_site(provision=True, settings={"database": {"url": database_url}})
    travellers = [Traveller(site) for _ in range(8)]
    answers = [fake.grant(one.leave()) for one in travellers]
    threads = [
        threading.Thread(target=one.come_back, args=(answer,)) for one, answer in zip(travellers, answers, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [one.is_signed_in() for one in travellers] == [True] * 8
    with site.app_context():
        assert len(db.session.scalars(sa.select(user_class())).all()) == 1
        assert len(db.session.scalars(sa.select(Identity)).all()) == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("access_denied", "Main Street did not let you through"),
        ("temporarily_unavailable", "Main Street could not sign you in"),
        ("<script>alert(1)</script>", "Main Street could not sign you in"),
        ("x" * 5_000, "Main Street could not sign you in"),
    ],
)
def test_what_the_provider_says_is_told_in_our_words(site: Flask, fake: FakeProvider, error: str, told: str) -> None:
    visitor = Traveller(site)
    back = fake.grant(visitor.leave())

    answer = visitor.come_back(
        {"state": back["state"], "iss": fake.issuer, "error": error, "error_description": "<script>alert(2)</script>"}
    )

    assert (answer.status_code, words(answer)) == (403, told)
    assert "alert(" not in answer.text


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "😀" * 300, "' OR 1=1 --", "{{7*7}}", "\r\nSet-Cookie: a=b"])
def test_hostile_texts_from_anybody_are_answered(site: Flask, fake: FakeProvider, value: str) -> None:
    visitor = Traveller(site)
    back = fake.grant(visitor.leave())
    hostile = value.encode("utf-8", "surrogatepass")

    answers = [
        visitor.client.get("/auth/callback/main", query_string={"state": hostile, "code": hostile}),
        visitor.client.get("/auth/callback/main", query_string={**back, "code": hostile}),
        visitor.client.get("/auth/login/oidc/main", query_string={"next": hostile}),
    ]

    assert [answer.status_code for answer in answers] == [400, 403, 200]


@pytest.mark.parametrize("name", ["Ada\0 Lovelace", "Ada\ud800", "A" * 100_000, "<b>Ada</b>", ["Ada"], None])
def test_odd_names_are_made_harmless(site: Flask, fake: FakeProvider, name: Any) -> None:
    fake.userinfo = {**fake.person, "name": name}
    fake.person = {"sub": fake.person["sub"]}
    visitor = Traveller(site)

    visitor.travel(fake)

    assert visitor.is_signed_in()
    assert "<b>Ada" not in visitor.get("/auth/account").text


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/token", lambda: ("no json", 200)),
        ("/token", lambda: (json.dumps(["a"]), 200)),
        ("/token", lambda: (json.dumps({"access_token": "a", "token_type": "Bearer"}), 200)),
        ("/token", lambda: (json.dumps({"error": "invalid_client"}), 401)),
        ("/token", lambda: (json.dumps({"access_token": "a", "id_token": "a.b.c"}), 200)),
        ("/jwks", lambda: (json.dumps({"keys": "none"}), 200)),
        ("/jwks", lambda: (json.dumps({"keys": [{"kty": "RSA"}]}), 200)),
        ("/jwks", lambda: ("x" * 2_000_000, 200)),
        ("/token", lambda: ("", 302, {"Location": "http://127.0.0.1:9/"})),
    ],
    ids=["no JSON", "list", "no ID token", "refused", "no token", "no keys", "odd key", "huge", "redirect"],
)
def test_an_answer_that_makes_no_sense_is_no_proof(
    site: Flask, fake: FakeProvider, path: str, answer: Callable[[], Any]
) -> None:
    fake.answers[path] = answer
    visitor = Traveller(site)

    told = visitor.travel(fake)

    assert (told.status_code, words(told)) == (403, UNPROVEN)
    nobody_came(site, visitor)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://169.254.169.254/latest/meta-data"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"jwks_uri": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "http://intranet.example/"},
    ],
    ids=["issuer", "metadata service", "file", "no keys", "number", "script", "sign-out"],
)
def test_a_discovery_document_cannot_send_us_or_people_elsewhere(
    site: Flask, fake: FakeProvider, metadata: dict[str, Any]
) -> None:
    fake.metadata = metadata
    visitor = Traveller(site)

    answer = visitor.post("/auth/login/oidc/main", page="/auth/login")

    assert (answer.status_code, words(answer)) == (503, "Main Street does not answer")
    assert fake.asked == ["/.well-known/openid-configuration"]


def test_starting_is_limited_for_each_network(make_app: MakeApp, fake: FakeProvider) -> None:
    site = make_app(auth={"oidc": {"main": section(fake)}, "sign_in_address_attempts": 3})
    visitor = Traveller(site)

    statuses = [visitor.post("/auth/login/oidc/main", page="/auth/login").status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]


def test_many_open_tabs_keep_the_session_small(site: Flask, fake: FakeProvider) -> None:
    visitor = Traveller(site)
    ways = [visitor.leave() for _ in range(8)]

    with visitor.client.session_transaction() as session:
        assert len(session["_oidc_started"]) == 5
    assert words(visitor.come_back(fake.grant(ways[0]))) == NOT_OURS
    visitor.come_back(fake.grant(ways[-1]))
    assert visitor.is_signed_in()


def test_no_secret_is_in_the_log(site: Flask, fake: FakeProvider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    visitor = Traveller(site)
    back = fake.grant(visitor.leave())
    fake.claims = {"nonce": "another"}

    visitor.come_back(back)

    for secret in ("odd / signs", "an-access-token", back["code"], back["state"]):
        assert secret not in caplog.text
    make_user(site, "other@example.com")
