"""A passkey as the answer to who one is, before something sensitive."""

from datetime import timedelta

import pytest
from flask import Flask
from tests.auth.authenticator import PRESENT, Device
from tests.auth.passkey_visitor import Holder, MakeApp, app_with_passkeys, holder, stored
from tests.auth.visitor import make_user

HERE, SENSITIVE = "/auth/confirm-identity/passkey", "/auth/account/passkeys"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return app_with_passkeys(make_app)


@pytest.fixture
def ada(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Holder:
    """Signed in a while ago."""
    person = holder(app, device=Device(counts=False))  # a counter would give a replay away besides
    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=901))
    assert person.get(SENSITIVE).status_code == 302
    return person


def confirm(person: Holder, wanted: str = SENSITIVE, **lies: object) -> int:
    sent = person.device.get(person.options("confirm"), **lies)
    return person.send(HERE, sent, next=wanted).status_code


def test_ones_own_passkey_renews_the_identity(ada: Holder) -> None:
    answer = ada.send(HERE, ada.device.get(ada.options("confirm")), next=SENSITIVE)

    assert (answer.status_code, answer.location) == (302, SENSITIVE)
    assert ada.get(SENSITIVE).status_code == 200


def test_only_ones_own_passkeys_are_asked_for(app: Flask, ada: Holder) -> None:
    holder(app, "bob@example.com")

    options = ada.options("confirm")

    assert (len(options["allowCredentials"]), options["userVerification"]) == (1, "required")


def test_somebody_elses_passkey_renews_nothing(app: Flask, ada: Holder) -> None:
    bob = holder(app, "bob@example.com")
    (before,) = stored(app, "bob@example.com")
    options = {**ada.options("confirm"), "allowCredentials": []}

    answer = ada.send(HERE, bob.device.get(options), next=SENSITIVE)

    assert answer.status_code == 422
    assert ada.get(SENSITIVE).status_code == 302
    assert stored(app, "bob@example.com") == [before]


def test_a_device_that_did_not_verify_its_owner_renews_nothing(ada: Holder) -> None:
    assert confirm(ada, flags=PRESENT) == 422
    assert ada.get(SENSITIVE).status_code == 302


def test_a_challenge_to_sign_in_renews_nothing(ada: Holder) -> None:
    assert confirm(ada, challenge=ada.options("sign-in")["challenge"]) == 422
    assert ada.get(SENSITIVE).status_code == 302


def test_one_answer_renews_once(ada: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = ada.device.get(ada.options("confirm"))

    first = ada.send(HERE, sent)
    second = ada.send(HERE, sent)

    assert (first.status_code, second.status_code) == (302, 422)


def test_a_stranger_is_sent_to_sign_in(app: Flask) -> None:
    stranger = Holder(app)

    assert "/auth/login" in stranger.post(HERE, {}, page="/auth/login").location
    assert stranger.post_json(HERE, {}).status_code == 401


def test_nobody_is_led_to_another_site(ada: Holder) -> None:
    sent = ada.device.get(ada.options("confirm"))

    assert ada.send(HERE, sent, next="https://evil.example/").location == "/auth/account"


def test_the_page_offers_a_passkey_to_those_who_have_one(app: Flask, ada: Holder) -> None:
    make_user(app, "bob@example.com")
    bob = Holder(app, Device())
    bob.sign_in("bob@example.com")

    assert "Use a passkey" in ada.get("/auth/confirm-identity").text
    assert "Use a passkey" not in bob.get("/auth/confirm-identity").text
