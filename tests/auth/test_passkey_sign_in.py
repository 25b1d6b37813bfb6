"""Signing in with a passkey alone, and every way to lie about it."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.authenticator import PRESENT, SYNCABLE, SYNCED, VERIFIED, Device, b64, unknown_key
from tests.auth.passkey_visitor import Holder, MakeApp, app_with_passkeys, holder, stored
from tests.auth.visitor import PASSWORD, change_user, csrf_token, make_user

from demijohn import db
from demijohn.auth.passkeys.models import Passkey
from demijohn.auth.pruning import expired, prune

WRONG = "does not open an account"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return app_with_passkeys(make_app)


@pytest.fixture
def ada(app: Flask) -> Holder:
    """Has a passkey, and is signed out."""
    person = holder(app)
    person.sign_out()
    return person


def fresh(app: Flask, device: Device) -> Holder:
    """The same device in another browser."""
    return Holder(app, device)


@pytest.mark.parametrize("kind", ["P-256", "Ed25519", "RSA"])
def test_a_passkey_signs_in_without_an_address(app: Flask, kind: str) -> None:
    ada = holder(app, device=Device(kind))
    ada.sign_out()

    answer = ada.show_passkey()

    assert (answer.status_code, ada.is_signed_in()) == (302, True)
    assert stored(app)[0]["last_used_at"] is not None
    assert stored(app)[0]["sign_count"] == 2


def test_the_browser_is_not_told_whose_passkeys_there_are(ada: Holder) -> None:
    options = ada.options("sign-in")

    assert (options["allowCredentials"], options["userVerification"], options["rpId"]) == ([], "required", "localhost")


def test_where_one_was_going_and_how_long_one_stays_is_kept(ada: Holder) -> None:
    answer = ada.show_passkey(fields={"next": "/auth/account/sessions", "remember": "y"})

    assert answer.location == "/auth/account/sessions"
    assert "Expires=" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(ada: Holder, wanted: str) -> None:
    assert "evil" not in ada.show_passkey(fields={"next": wanted}).location


def test_a_program_signs_in_with_json(ada: Holder) -> None:
    right = ada.post_json("/auth/login/passkey", {"credential": ada.device.get(ada.options("sign-in"))})

    assert (right.status_code, right.json) == (200, {"next": "/auth/account"})


def test_a_program_is_told_in_json_what_is_wrong(ada: Holder) -> None:
    sent = ada.device.get(ada.options("sign-in"), signature=bytes(70))

    wrong = ada.post_json("/auth/login/passkey", {"credential": sent})
    unreadable = ada.post_json("/auth/login/passkey", {"credential": 7})

    assert (wrong.status_code, wrong.mimetype, WRONG in wrong.json["detail"]) == (401, "application/problem+json", True)
    assert unreadable.status_code == 422


def handle_of_somebody_else(app: Flask) -> bytes:
    return holder(app, "bob@example.com").device.keys[0].user_handle


LIES: dict[str, dict[str, Any]] = {
    "origin of a look-alike": {"origin": "http://localhost.evil.example"},
    "https origin": {"origin": "https://localhost"},
    "another host": {"host": "evil.example"},
    "type of a registration": {"type": "webauthn.create"},
    "nobody verified": {"flags": PRESENT},
    "nobody present": {"flags": VERIFIED},
    "suddenly syncable": {"flags": PRESENT | VERIFIED | SYNCABLE},
    "synced but not syncable": {"flags": PRESENT | VERIFIED | SYNCED},
    "signature of zeros": {"signature": bytes(70)},
    "signed by another": {"signer": unknown_key().private},
    "no user": {"user_handle": None},
    "a user that is nobody": {"user_handle": bytes(64)},
    "unknown passkey": {"key": unknown_key()},
}


@pytest.mark.parametrize("lies", LIES.values(), ids=LIES)
def test_an_assertion_with_one_lie_in_it_gets_the_one_answer(app: Flask, ada: Holder, lies: dict[str, Any]) -> None:
    answer = ada.show_passkey(**lies)

    assert (answer.status_code, WRONG in answer.text, ada.is_signed_in()) == (422, True, False)
    assert stored(app)[0]["last_used_at"] is None


def test_an_unknown_passkey_gets_the_answer_of_a_wrong_one_to_the_letter(ada: Holder) -> None:
    def answer(**lies: Any) -> tuple[int, str]:
        sent = ada.device.get(ada.options("sign-in"), **lies)
        found = ada.post_json("/auth/login/passkey", {"credential": sent})
        return found.status_code, found.text

    assert answer(key=unknown_key()) == answer(signature=bytes(70)) == answer(user_handle=bytes(64))


def test_the_handle_of_somebody_else_opens_neither_account(app: Flask, ada: Holder) -> None:
    answer = ada.show_passkey(user_handle=handle_of_somebody_else(app))

    assert (WRONG in answer.text, ada.is_signed_in()) == (True, False)


@pytest.mark.parametrize("lies", [{"cross_origin": True}, {"challenge": ""}, {"challenge": "###"}], ids=str)
def test_what_no_page_of_ours_asked_for_is_no_passkey(ada: Holder, lies: dict[str, Any]) -> None:
    assert ada.show_passkey(**lies).status_code == 422
    assert not ada.is_signed_in()


def test_a_challenge_that_we_did_not_make_is_refused(ada: Holder) -> None:
    answer = ada.show_passkey(challenge=b64(bytes(72)))

    assert ("took too long" in answer.text, ada.is_signed_in()) == (True, False)


def test_a_disabled_user_gets_the_one_answer(app: Flask, ada: Holder) -> None:
    change_user(app, is_active=False)

    assert WRONG in ada.show_passkey().text
    assert not ada.is_signed_in()


def test_an_assertion_works_once(app: Flask, ada: Holder) -> None:
    sent = ada.device.get(ada.options("sign-in"))
    cookie = ada.client.get_cookie("session")

    first = ada.send("/auth/login/passkey", sent)
    ada.sign_out()
    ada.client.set_cookie("session", cookie.value if cookie else "")
    again = ada.send("/auth/login/passkey", sent)

    assert (first.status_code, again.status_code, ada.is_signed_in()) == (302, 422, False)
    assert "took too long" in again.text


def test_an_assertion_overheard_is_worth_nothing_in_another_browser(app: Flask, ada: Holder) -> None:
    sent = ada.device.get(ada.options("sign-in"))
    thief = fresh(app, Device())

    answer = thief.send("/auth/login/passkey", sent)

    assert (answer.status_code, thief.is_signed_in()) == (422, False)


@pytest.mark.parametrize("purpose", ["confirm", "register"])
def test_a_challenge_for_something_else_signs_nobody_in(app: Flask, purpose: str) -> None:
    ada = holder(app)

    answer = ada.show_passkey(challenge=ada.options(purpose)["challenge"])

    assert (answer.status_code, "took too long" in answer.text) == (422, True)


def test_a_challenge_runs_out(ada: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = ada.device.get(ada.options("sign-in"))

    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=300))

    assert "took too long" in ada.send("/auth/login/passkey", sent).text


def test_answered_challenges_are_forgotten_when_they_have_run_out(
    app: Flask, ada: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.show_passkey()
    with app.app_context():
        early = prune(app)
        monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=301))

        assert (early, expired(app), prune(app), expired(app)) == (0, 2, 2, 0)


def test_a_strangers_page_and_challenge_leave_no_row_and_ask_no_query(app: Flask) -> None:
    stranger = Holder(app)
    statements: list[str] = []
    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    stranger.get("/auth/login")
    answer = stranger.post_json("/auth/passkeys/options", {"purpose": "sign-in"})

    assert (answer.status_code, statements) == (200, [])


@pytest.mark.parametrize("purpose", ["register", "confirm", "second-factor"])
def test_a_stranger_gets_no_challenge_for_what_strangers_cannot_do(app: Flask, purpose: str) -> None:
    answer = Holder(app).post_json("/auth/passkeys/options", {"purpose": purpose})

    assert answer.status_code == 401


@pytest.mark.parametrize("body", [{}, {"purpose": "x"}, {"purpose": ["sign-in"]}, [], 7, None, "sign-in"], ids=str)
def test_a_purpose_that_there_is_not_is_refused(app: Flask, body: Any) -> None:
    assert Holder(app).post_json("/auth/passkeys/options", body).status_code == 422


def test_eight_at_once_with_one_assertion_sign_in_once(make_app: MakeApp, database_url: str) -> None:
    app = app_with_passkeys(make_app, database={"url": database_url})
    ada = holder(app, device=Device(counts=False))  # its counter would give a replay away besides
    ada.sign_out()
    sent = json.dumps(ada.device.get(ada.options("sign-in")))
    page = ada.get("/auth/login")
    fields = {"credential": sent, "csrf_token": csrf_token(page.text)}
    cookie = ada.client.get_cookie("session")
    assert cookie is not None

    def show(_: int) -> int:
        client = app.test_client()
        client.set_cookie("session", cookie.value)
        return client.post("/auth/login/passkey", data=fields, environ_base=ada.environ).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(show, range(8)))

    assert sorted(answers) == [302] + [422] * 7
    assert stored(app)[0]["flagged_at"] is None


def test_failures_are_limited_for_the_network(make_app: MakeApp) -> None:
    app = app_with_passkeys(make_app, auth={"sign_in_address_attempts": 2})
    ada = holder(app)
    ada.sign_out()

    answers = [ada.show_passkey(signature=bytes(70)).status_code for _ in range(3)]
    elsewhere = fresh(app, ada.device)
    elsewhere.environ["REMOTE_ADDR"] = "203.0.113.9"

    assert answers == [422, 422, 429]
    assert elsewhere.show_passkey().status_code == 302


def test_right_ones_are_not_limited(make_app: MakeApp) -> None:
    app = app_with_passkeys(make_app, auth={"sign_in_address_attempts": 2})
    ada = holder(app)

    assert [ada.show_passkey().status_code for _ in range(4)] == [302] * 4


def test_a_form_from_elsewhere_is_refused(app: Flask, ada: Holder) -> None:
    sent = json.dumps(ada.device.get(ada.options("sign-in")))

    without = ada.client.post("/auth/login/passkey", data={"credential": sent})
    options = ada.client.post("/auth/passkeys/options", json={"purpose": "sign-in"})

    assert (without.status_code, options.status_code, ada.is_signed_in()) == (400, 400, False)


def test_whoever_is_signed_in_here_is_not_any_more(app: Flask, ada: Holder) -> None:
    make_user(app, "bob@example.com")
    ada.sign_in("bob@example.com", PASSWORD)

    ada.show_passkey()

    assert "ada@example.com" in ada.get("/auth/account").text


def set_counter(app: Flask, sign_count: int) -> None:
    with app.app_context():
        db.session.execute(sa.update(Passkey).values(sign_count=sign_count))
        db.session.commit()


def logged(app: Flask) -> list[str]:
    from demijohn.audit.models import AuditEntry

    with app.app_context():
        return [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]


def told(app: Flask) -> list[str]:
    from demijohn.mail.models import OutgoingMail

    with app.app_context():
        return [mail.subject for mail in db.session.query(OutgoingMail) if "copy" in mail.subject]


@pytest.mark.parametrize("given", [0, 1, 49, 50], ids=["gone", "back", "one less", "the same"])
def test_a_counter_that_did_not_rise_is_refused_flagged_and_told(app: Flask, ada: Holder, given: int) -> None:
    set_counter(app, 50)

    answers = [ada.show_passkey(counter=given) for _ in range(2)]

    (row,) = stored(app)
    assert ([answer.status_code for answer in answers], ada.is_signed_in()) == ([422, 422], False)
    assert WRONG in answers[0].text
    assert (row["sign_count"], row["last_used_at"]) == (50, None)
    assert row["flagged_at"] is not None
    assert len(told(app)) == 1
    assert logged(app).count("auth.passkey_suspected") == 2


def test_a_counter_that_did_not_rise_is_let_in_where_the_setting_says_so(make_app: MakeApp) -> None:
    app = app_with_passkeys(make_app, passkeys={"refuse_copies": False})
    ada = holder(app)
    set_counter(app, 50)

    answer = ada.show_passkey(counter=7)

    (row,) = stored(app)
    assert answer.status_code == 302
    assert row["flagged_at"] is not None
    assert (row["sign_count"], row["last_used_at"] is None, len(told(app))) == (50, False, 1)
    assert "maybe copied" in ada.get("/auth/account/passkeys").text


def test_a_low_counter_that_nobody_signed_raises_no_suspicion(app: Flask, ada: Holder) -> None:
    set_counter(app, 50)

    ada.show_passkey(counter=1, signature=bytes(70))

    assert (stored(app)[0]["flagged_at"], told(app)) == (None, [])


def test_a_synced_passkey_that_does_not_count_is_fine(app: Flask) -> None:
    ada = holder(app, device=Device(counts=False, flags=PRESENT | VERIFIED | SYNCABLE | SYNCED))

    assert [ada.show_passkey().status_code for _ in range(3)] == [302, 302, 302]
    assert stored(app)[0]["flagged_at"] is None


def test_whether_it_is_synced_is_brought_up_to_date(app: Flask) -> None:
    ada = holder(app, device=Device(flags=PRESENT | VERIFIED | SYNCABLE))
    before = stored(app)[0]["is_backed_up"]

    ada.show_passkey(flags=PRESENT | VERIFIED | SYNCABLE | SYNCED)

    assert (before, stored(app)[0]["is_backed_up"]) == (False, True)


def test_the_log_names_the_door(app: Flask, ada: Holder) -> None:
    from demijohn.audit.models import AuditEntry

    ada.show_passkey()
    with app.app_context():
        entry = db.session.query(AuditEntry).filter_by(action="auth.sign_in").order_by(AuditEntry.id.desc()).first()
        assert entry is not None
        assert "passkey" in json.dumps(entry.changes)


def test_a_refused_passkey_is_in_the_log_with_its_owner(app: Flask, ada: Holder) -> None:
    from demijohn.audit.models import AuditEntry

    ada.show_passkey(signature=bytes(70))
    ada.show_passkey(key=unknown_key())

    with app.app_context():
        entries = db.session.query(AuditEntry).filter_by(action="auth.passkey_refused").order_by(AuditEntry.id)
        assert [entry.key for entry in entries] == ["1", None]


def test_the_sign_in_page_offers_passkeys_at_the_address(app: Flask) -> None:
    page = Holder(app).get("/auth/login").text

    assert 'autocomplete="username webauthn"' in page
    assert "Sign in with a passkey" in page
    assert "switch on JavaScript" in page


def test_without_a_script_the_page_says_what_is_needed(app: Flask) -> None:
    stranger = Holder(app)

    page = stranger.get("/auth/login/passkey").text
    answer = stranger.post("/auth/login/passkey", {"credential": ""})

    assert "switch on JavaScript" in page
    assert (answer.status_code, "needs JavaScript" in answer.text) == (422, True)


def test_who_is_signed_in_is_led_on(app: Flask) -> None:
    ada = holder(app)

    assert ada.get("/auth/login/passkey?next=/auth/account/sessions").location == "/auth/account/sessions"
