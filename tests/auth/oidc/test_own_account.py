"""Connected accounts, proofs and sign-out over HTTP: by their owner, and attacked."""

import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.oidc.conftest import Traveller
from tests.auth.oidc.fake_provider import FakeProvider
from tests.auth.oidc.test_sign_in import words
from tests.auth.visitor import change_user, find, make_user

from demijohn import db
from demijohn.audit.models import AuditEntry
from demijohn.auth.oidc.models import Identity
from demijohn.auth.oidc.protocol import LOGOUT_EVENT
from demijohn.mail.models import OutgoingMail

PAGE = "/auth/account/identities"
CONNECT = f"{PAGE}/connect/main"
CONFIRM = "/auth/confirm-identity/oidc/main"


@pytest.fixture
def site(make_site: Any) -> Flask:
    found: Flask = make_site()
    make_user(found)
    return found


@pytest.fixture
def ada(site: Flask) -> Traveller:
    visitor = Traveller(site)
    visitor.sign_in()
    return visitor


def leave(visitor: Traveller, path: str, **fields: Any) -> str:
    import html
    import re

    answer = visitor.post(path, fields, page=PAGE)
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found, answer.text
    return html.unescape(found[1])


def connected(site: Flask) -> list[str]:
    with site.app_context():
        return list(db.session.scalars(sa.select(Identity.subject).order_by(Identity.id)))


def test_the_owner_connects_whatever_the_address_there_and_is_told_by_mail(
    site: Flask, ada: Traveller, fake: FakeProvider
) -> None:
    fake.person |= {"email": "other@elsewhere.example", "email_verified": False}

    answer = ada.come_back(fake.grant(leave(ada, CONNECT)))

    assert answer.location == PAGE
    assert "Main Street" in ada.get(PAGE).text
    again = Traveller(site)
    again.travel(fake)
    assert again.is_signed_in()
    with site.app_context():
        assert db.session.scalars(sa.select(OutgoingMail.subject)).all()[0].endswith("was connected with Main Street")
        assert "auth.identity_connected" in set(db.session.scalars(sa.select(AuditEntry.action)))


def test_connecting_asks_again_who_one_is(site: Flask, ada: Traveller, clock: Any) -> None:
    clock.travel(timedelta(minutes=20))

    answer = ada.post(CONNECT, page=PAGE)

    assert "/auth/confirm-identity" in answer.location


def test_a_person_connected_elsewhere_is_not_connected_twice(site: Flask, ada: Traveller, fake: FakeProvider) -> None:
    ada.come_back(fake.grant(leave(ada, CONNECT)))
    make_user(site, "bob@example.com")
    bob = Traveller(site)
    bob.sign_in("bob@example.com")

    answer = bob.come_back(fake.grant(leave(bob, CONNECT)))

    assert (answer.status_code, words(answer)) == (409, "That is connected with another account")
    assert connected(site) == ["248289761001"]


def test_what_one_person_began_does_not_connect_the_account_of_the_next(
    site: Flask, ada: Traveller, fake: FakeProvider
) -> None:
    make_user(site, "bob@example.com")
    answer = fake.grant(leave(ada, CONNECT))
    ada.post("/auth/logout", page=PAGE)
    ada.sign_in("bob@example.com")

    refused = ada.come_back(answer)

    assert refused.status_code in {400, 403}
    assert connected(site) == []


def test_disconnecting_needs_another_way_in(site: Flask, ada: Traveller, fake: FakeProvider) -> None:
    ada.come_back(fake.grant(leave(ada, CONNECT)))
    with site.app_context():
        key = db.session.scalar(sa.select(Identity.id))
    change_user(site, password_hash=None)
    only = Traveller(site)
    only.travel(fake)

    only.post(f"{PAGE}/{key}/disconnect", page=PAGE)
    assert connected(site) == ["248289761001"]
    assert "your only way to sign in" in only.get(PAGE).text

    change_user(site, password_hash="$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$MTIzNDU2Nzg5MDEyMzQ1Ng")
    again = Traveller(site)
    again.travel(fake)
    again.post(f"{PAGE}/{key}/disconnect", page=PAGE)
    assert connected(site) == []
    assert not Traveller(site).travel(fake).location


def test_nobody_disconnects_somebody_else(site: Flask, ada: Traveller, fake: FakeProvider) -> None:
    ada.come_back(fake.grant(leave(ada, CONNECT)))
    make_user(site, "bob@example.com")
    bob = Traveller(site)
    bob.sign_in("bob@example.com")
    with site.app_context():
        key = db.session.scalar(sa.select(Identity.id))

    assert bob.post(f"{PAGE}/{key}/disconnect", page=PAGE).status_code == 404
    assert connected(site) == ["248289761001"]


@pytest.mark.parametrize(
    ("said", "person", "confirmed"),
    [
        (0, "248289761001", True),
        (-3_600, "248289761001", False),
        (None, "248289761001", False),
        (0, "another", False),
    ],
    ids=["just now", "an hour ago", "not said", "somebody else"],
)
def test_a_proof_is_fresh_and_of_the_same_person(
    site: Flask, ada: Traveller, fake: FakeProvider, clock: Any, said: int | None, person: str, confirmed: bool
) -> None:
    ada.come_back(fake.grant(leave(ada, CONNECT)))
    clock.travel(timedelta(minutes=20))
    later = int(time.time()) + 1_200
    address = leave(ada, CONFIRM, next=PAGE)
    assert "prompt=login" in address
    assert "max_age=0" in address
    fake.person["sub"] = person
    fake.claims = {"auth_time": None if said is None else later + said, "iat": later, "exp": later + 600}

    answer = ada.come_back(fake.grant(address))

    assert (answer.status_code == 302) is confirmed, answer.text
    asked_again = "/auth/confirm-identity" in (ada.post(CONNECT, page=PAGE).location or "")
    assert asked_again is not confirmed


def test_signing_out_leads_to_the_provider_with_the_token_and_back(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True)
    ada = Traveller(site)
    ada.travel(fake)
    with site.app_context():
        stored = " ".join(str(row) for row in db.session.execute(sa.text("SELECT data FROM user_session")))
    assert "eyJ" not in stored, "the ID token is readable in the table"

    answer = ada.post_json("/auth/logout", {}, page="/auth/account")

    address = answer.json["next"]
    assert address.startswith(f"{fake.issuer}/end?id_token_hint=eyJ")
    assert "post_logout_redirect_uri=http%3A%2F%2Flocalhost%2Fauth%2Fsigned-out%2Fmain" in address
    assert not ada.is_signed_in()
    back = ada.get(f"/auth/signed-out/main?state={address.rpartition('state=')[2]}", follow_redirects=True)
    assert "You are signed out here and at Main Street." in back.text


def test_a_provider_that_is_away_keeps_nobody_signed_in(make_site: Any, fake: FakeProvider, clock: Any) -> None:
    site = make_site(provision=True)
    ada = Traveller(site)
    ada.travel(fake)
    fake.answers["/.well-known/openid-configuration"] = lambda: ("", 503)
    clock.travel(timedelta(minutes=61))
    assert ada.is_signed_in()

    answer = ada.post("/auth/logout", page="/auth/account")

    assert answer.location == "/auth/login"
    assert not ada.is_signed_in()


@pytest.mark.parametrize(
    ("trusts", "amr", "asked"),
    [("never", ["mfa"], ""), ("stated", ["pwd"], ""), ("stated", ["mfa"], "oidc"), ("always", None, "oidc")],
)
def test_a_second_factor_given_there_counts_here_as_the_settings_say(
    make_site: Any, fake: FakeProvider, trusts: str, amr: list[str] | None, asked: str
) -> None:
    site = make_site(provision=True, trusts_second_factor=trusts)
    fake.claims = {"amr": amr}
    ada = Traveller(site)

    ada.travel(fake)

    with ada.client.session_transaction() as session:
        assert session.get("_second_factor", "") == asked


def logout_token(fake: FakeProvider, **lies: Any) -> str:
    fake.header = {"typ": "logout+jwt"}
    honest = {"sub": "248289761001", "jti": "one", "events": {LOGOUT_EVENT: {}}}
    return fake.sign({k: v for k, v in {**fake.standard(), **honest, **lies}.items() if v is not None})


def tell(site: Flask, token: str) -> int:
    return site.test_client().post("/auth/backchannel-logout/main", data={"logout_token": token}).status_code


def test_the_provider_s_word_ends_every_session_once(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True)
    ada, other = Traveller(site), Traveller(site)
    ada.travel(fake)
    other.travel(fake)
    token = logout_token(fake)

    assert (tell(site, token), tell(site, token)) == (200, 400)

    assert not ada.is_signed_in()
    assert not other.is_signed_in()
    with site.app_context():
        assert "auth.signed_out_by_provider" in set(db.session.scalars(sa.select(AuditEntry.action)))
        assert find("ada@example.com").is_active


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "n"}, {"events": {}}, {"events": "x"}, {"sub": None}, {"jti": None}, {"aud": "another"},
        {"iss": "https://evil.example"}, {"exp": 1}, {"exp": None}, {"jti": 7},
    ],
    ids=str,
)  # fmt: skip
def test_a_word_that_proves_nothing_ends_nothing(make_site: Any, fake: FakeProvider, lies: dict[str, Any]) -> None:
    site = make_site(provision=True)
    ada = Traveller(site)
    ada.travel(fake)

    assert tell(site, logout_token(fake, **lies)) == 400
    assert tell(site, "") == 400
    assert tell(site, "a.b.c") == 400
    assert ada.is_signed_in()


def test_an_id_token_is_no_logout_token_and_a_logout_token_no_id_token(make_site: Any, fake: FakeProvider) -> None:
    site = make_site(provision=True)
    Traveller(site).travel(fake)

    assert tell(site, fake.id_token("n")) == 400
