"""A passkey as the second step after the password, attacked."""

from datetime import timedelta

import pytest
from flask import Flask
from tests.auth.authenticator import PRESENT, Device
from tests.auth.passkey_visitor import Holder, MakeApp, app_with_passkeys, holder, stored
from tests.auth.second_step import shown_codes
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, change_user, find, make_user

from demijohn import db
from demijohn.auth.factors.changes import reset_second_factors

HERE, SETUP = "/auth/login/two-factor/passkey", "/auth/login/two-factor/new/passkey"
STEP, SETUP_PAGE = "/auth/login/two-factor", "/auth/login/two-factor/new"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return app_with_passkeys(make_app)


@pytest.fixture
def ada(app: Flask) -> Holder:
    """Has given her password, and is asked for the second step."""
    person = holder(app)
    person.sign_out()
    answer = person.sign_in(next="/auth/account/sessions", remember="y")
    assert answer.location == STEP
    return person


def show(person: Holder, **lies: object) -> tuple[int, str | None]:
    fields = {"trust": "y"} if lies.pop("trust", False) else {}
    sent = person.device.get(person.options("second-factor"), **lies)
    answer = person.send(HERE, sent, page=STEP, **fields)
    return answer.status_code, answer.location


def test_a_password_alone_does_not_sign_in_any_more(ada: Holder) -> None:
    assert not ada.is_signed_in()
    assert "Use a passkey" in ada.get(STEP).text


def test_the_passkey_ends_the_sign_in_as_it_was_begun(ada: Holder) -> None:
    assert show(ada) == (302, "/auth/account/sessions")
    assert ada.is_signed_in()


def test_a_device_that_only_felt_a_touch_is_enough_after_the_password(ada: Holder) -> None:
    assert show(ada, flags=PRESENT)[0] == 302
    assert ada.is_signed_in()


def test_somebody_elses_passkey_is_not_enough(app: Flask, ada: Holder) -> None:
    bob = holder(app, "bob@example.com")
    (before,) = stored(app, "bob@example.com")
    options = {**ada.options("second-factor"), "allowCredentials": []}

    answer = ada.send(HERE, bob.device.get(options), page=STEP)

    assert (answer.status_code, ada.is_signed_in()) == (422, False)
    assert stored(app, "bob@example.com") == [before]


def test_the_half_signed_in_can_do_nothing_else(ada: Holder) -> None:
    for purpose in ("confirm", "register"):
        assert ada.post_json("/auth/passkeys/options", {"purpose": purpose}).status_code == 401
    sent = ada.device.create({**register_options(ada), "excludeCredentials": []})

    assert "/auth/login" in ada.send("/auth/account/passkeys", sent, page=STEP).location
    assert ada.send(SETUP, sent, page=STEP).status_code in {200, 302}
    assert ada.send("/auth/confirm-identity/passkey", sent, page=STEP).location.startswith("/auth/login")
    assert not ada.is_signed_in()


def register_options(person: Holder) -> dict[str, object]:
    challenge = person.options("second-factor")["challenge"]
    return {"rp": {"id": "localhost"}, "user": {"id": "AA"}, "challenge": challenge}


def test_a_half_signed_in_thief_adds_no_passkey_to_an_account_that_has_one(app: Flask, ada: Holder) -> None:
    thief = Holder(app, Device())
    thief.sign_in()
    sent = thief.device.create({**register_options(thief), "excludeCredentials": []})

    thief.send(SETUP, sent, page=STEP)

    assert len(stored(app)) == 1
    assert not thief.is_signed_in()


def test_an_answer_to_the_sign_in_page_is_no_second_step(ada: Holder) -> None:
    assert show(ada, challenge=ada.options("sign-in")["challenge"])[0] == 422
    assert not ada.is_signed_in()


def test_a_stranger_is_sent_to_sign_in(app: Flask) -> None:
    stranger = Holder(app)

    for path in (HERE, SETUP):
        assert stranger.post(path, {}, page="/auth/login").location == "/auth/login"
        assert stranger.post_json(path, {}).status_code == 401


def test_a_new_password_meanwhile_ends_the_sign_in_under_way(app: Flask, ada: Holder) -> None:
    sent = ada.device.get(ada.options("second-factor"))
    change_user(app, password_hash="changed")

    assert ada.send(HERE, sent, page="/auth/login").status_code in {302, 400}
    assert not ada.is_signed_in()


def test_a_trusted_device_is_not_asked_again(ada: Holder) -> None:
    show(ada, trust=True)
    ada.sign_out()

    ada.sign_in()

    assert ada.is_signed_in()


def test_a_passkey_alone_is_both_steps(app: Flask) -> None:
    ada = holder(app)
    ada.sign_out()

    assert ada.show_passkey().location != STEP
    assert ada.is_signed_in()


def test_the_first_passkey_ends_other_sessions_and_shows_recovery_codes(app: Flask) -> None:
    make_user(app)
    elsewhere, ada = Holder(app), Holder(app)
    elsewhere.sign_in()
    ada.sign_in()

    first = ada.add_passkey()
    second = ada.add_passkey(even_if_excluded=True)

    assert (len(shown_codes(first)), second.status_code) == (10, 302)
    assert (elsewhere.is_signed_in(), ada.is_signed_in()) == (False, True)


def test_a_recovery_code_stands_in_for_a_lost_device(app: Flask) -> None:
    make_user(app)
    ada = Holder(app)
    ada.sign_in()
    code = shown_codes(ada.add_passkey())[0]
    ada.sign_out()
    ada.sign_in()

    ada.post(STEP, {"code": code})

    assert ada.is_signed_in()


def test_an_administrators_reset_takes_passkeys_too(app: Flask) -> None:
    ada = holder(app)

    with app.app_context():
        reset_second_factors(find("ada@example.com"))

    assert (stored(app), ada.is_signed_in()) == ([], False)
    ada.sign_in()
    assert ada.is_signed_in()


def test_a_passkey_for_another_host_is_no_second_factor(app: Flask) -> None:
    from demijohn.auth.passkeys.models import Passkey

    ada = holder(app)
    ada.sign_out()
    with app.app_context():
        db.session.query(Passkey).update({"rp_id": "old.example"})
        db.session.commit()

    ada.sign_in()

    assert ada.is_signed_in()


@pytest.fixture
def strict(make_app: MakeApp) -> Flask:
    """Everybody must have a second factor."""
    return app_with_passkeys(make_app, auth={"two_factor": {"required_of": "everybody"}})


def test_whoever_must_have_a_second_factor_can_set_up_a_passkey_at_sign_in(strict: Flask) -> None:
    make_user(strict)
    ada = Holder(strict)
    ada.sign_in(next="/auth/account/sessions")

    page = ada.get(SETUP_PAGE).text
    options = ada.post_json("/auth/passkeys/options", {"purpose": "register"}, page=SETUP_PAGE).json["publicKey"]
    answer = ada.send(SETUP, ada.device.create(options), page=SETUP_PAGE)
    assert not ada.is_signed_in()
    went_on = ada.post(SETUP_PAGE, {})

    assert "Use a passkey instead" in page
    assert len(shown_codes(answer)) == 10
    assert (went_on.location, ada.is_signed_in()) == ("/auth/account/sessions", True)


def test_a_wrong_passkey_sets_nothing_up(strict: Flask) -> None:
    make_user(strict)
    ada = Holder(strict)
    ada.sign_in()
    options = ada.post_json("/auth/passkeys/options", {"purpose": "register"}, page=SETUP_PAGE).json["publicKey"]

    answer = ada.send(SETUP, ada.device.create(options, flags=PRESENT), page=SETUP_PAGE)

    assert (answer.status_code, stored(strict), ada.is_signed_in()) == (422, [], False)


def test_the_last_second_factor_stays_where_one_is_required(strict: Flask) -> None:
    make_user(strict)
    ada = Holder(strict)
    ada.sign_in()
    options = ada.post_json("/auth/passkeys/options", {"purpose": "register"}, page=SETUP_PAGE).json["publicKey"]
    ada.send(SETUP, ada.device.create(options), page=SETUP_PAGE)
    ada.post(SETUP_PAGE, {})

    answer = ada.remove(stored(strict)[0]["id"])

    assert "must have a second factor" in answer.text
    assert len(stored(strict)) == 1


@pytest.mark.parametrize("password", ["", "wrong"])
def test_the_last_second_factor_goes_with_the_password_only(app: Flask, password: str) -> None:
    ada = holder(app)

    answer = ada.remove(stored(app)[0]["id"], password)

    assert (answer.status_code, len(stored(app))) == (422, 1)


def test_a_password_that_cannot_stand_alone_keeps_the_last_second_factor(make_app: MakeApp) -> None:
    app = app_with_passkeys(make_app, auth={"password_min_length": len(NEW_PASSWORD)})
    ada = holder(app, password=NEW_PASSWORD)
    short = PASSWORD[:12]
    ada.post(
        "/auth/account/password",
        {"current_password": NEW_PASSWORD, "new_password": short, "password_confirm": short},
    )

    answer = ada.remove(stored(app)[0]["id"], short)

    assert "enough only with a second factor" in answer.text
    assert len(stored(app)) == 1


def test_the_page_of_second_factors_knows_passkeys(app: Flask) -> None:
    ada = holder(app)

    assert "Change passkeys" in ada.get("/auth/account/two-factor").text


def test_a_challenge_of_the_second_step_runs_out(ada: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = ada.device.get(ada.options("second-factor"))

    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=301))

    assert ada.send(HERE, sent, page=STEP).status_code == 422
