"""One's own passkeys: added, listed, named, removed, and what is never let through."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.authenticator import ATTESTED, PRESENT, SYNCABLE, SYNCED, VERIFIED, Device
from tests.auth.passkey_visitor import Holder, MakeApp, app_with_passkeys, holder, stored
from tests.auth.visitor import PASSWORD, change_user, make_user

from demijohn import db
from demijohn.auth.passkeys.models import PasskeyOwner
from demijohn.mail.models import OutgoingMail

BITWARDEN = bytes.fromhex("d548826e79b4db40a3d811116f7e8349")


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return app_with_passkeys(make_app)


@pytest.fixture
def ada(app: Flask) -> Holder:
    """Signed in with her password, without a passkey."""
    make_user(app)
    person = Holder(app)
    person.sign_in()
    return person


def mails(app: Flask) -> list[str]:
    with app.app_context():
        return [mail.subject for mail in db.session.query(OutgoingMail).order_by(OutgoingMail.id)]


@pytest.mark.parametrize("kind", ["P-256", "Ed25519", "RSA"])
def test_a_passkey_is_kept_with_what_its_device_said(app: Flask, ada: Holder, kind: str) -> None:
    ada.device = Device(kind, flags=PRESENT | VERIFIED | SYNCABLE | SYNCED, aaguid=BITWARDEN)

    answer = ada.add_passkey()

    (row,) = stored(app)
    assert (answer.status_code, "Keep your recovery codes" in answer.text) == (200, True)
    assert row["credential_id"] == ada.device.keys[0].id
    assert (row["name"], row["aaguid"]) == ("Bitwarden", "d548826e-79b4-db40-a3d8-11116f7e8349")
    assert (row["transports"], row["rp_id"], row["sign_count"]) == ("internal", "localhost", 1)
    assert (row["is_backup_eligible"], row["is_backed_up"], row["flagged_at"]) == (True, True, None)
    assert "Bitwarden" in ada.get("/auth/account/passkeys").text


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (Device(transports=("usb", "nfc")), "Security key"),
        (Device(transports=("hybrid",)), "Phone or tablet"),
        (Device(transports=("internal", "hybrid")), "Firefox on Linux"),
    ],
    ids=["key", "phone", "this device"],
)
def test_a_passkey_without_a_name_gets_one_that_says_what_it_is(
    app: Flask, ada: Holder, device: Device, name: str
) -> None:
    ada.device = device
    ada.environ["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    for _ in range(2):
        ada.add_passkey(even_if_excluded=True)

    assert [row["name"] for row in stored(app)] == [name, f"{name} 2"]


def test_the_handle_is_random_and_the_same_for_all_passkeys_of_a_user(app: Flask, ada: Holder) -> None:
    handles = {ada.options("register")["user"]["id"] for _ in range(3)}

    with app.app_context():
        (owner,) = db.session.query(PasskeyOwner)
        assert len(owner.handle) == 64
    assert len(handles) == 1


def test_the_browser_is_told_which_devices_have_one_already(ada: Holder) -> None:
    ada.add_passkey()

    options = ada.options("register")

    assert [one["transports"] for one in options["excludeCredentials"]] == [["internal"]]
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"


LIES = {
    "origin of a look-alike": {"origin": "http://localhost.evil.example"},
    "origin at another port": {"origin": "http://localhost:8080"},
    "no origin": {"origin": "null"},
    "another host": {"host": "evil.example"},
    "type of a sign-in": {"type": "webauthn.get"},
    "another challenge": {"challenge": "AAAA"},
    "nobody verified": {"flags": PRESENT},
    "nobody present": {"flags": VERIFIED},
    "synced but not syncable": {"flags": PRESENT | VERIFIED | SYNCED},
    "in a frame": {"cross_origin": True},
    "frame of another type": {"cross_origin": []},
    "key of junk": {"public_key": b"\xfe" * 77},
    "empty key": {"public_key": bytes.fromhex("a0")},
    "key off the curve": {"public_key": bytes.fromhex("a501020326200121582001") + b"\x02" * 70},
    "no maker": {"aaguid": b""},
}


@pytest.mark.parametrize("lies", LIES.values(), ids=LIES)
def test_a_registration_with_one_lie_in_it_is_refused(app: Flask, ada: Holder, lies: dict[str, Any]) -> None:
    answer = ada.add_passkey(**lies)

    assert answer.status_code == 422
    assert stored(app) == []


def test_a_key_that_would_only_take_time_is_refused(app: Flask, ada: Holder) -> None:
    import cbor2

    huge = cbor2.dumps({1: 3, 3: -257, -1: b"\xff" * 4096, -2: b"\x01\x00\x01"})

    assert ada.add_passkey(public_key=huge).status_code == 422
    assert stored(app) == []


def test_attestation_that_nests_without_end_is_refused(ada: Holder) -> None:
    sent = ada.device.create(ada.options("register"), even_if_excluded=True)
    from tests.auth.authenticator import b64

    for bomb in (b"\x81" * 30_000, b"\xa1\x01" * 15_000, b"\x9f" * 30_000, b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"):
        sent["response"]["attestationObject"] = b64(bomb)
        assert ada.send("/auth/account/passkeys", sent).status_code == 422


def test_a_challenge_makes_one_passkey(app: Flask, ada: Holder) -> None:
    options = ada.options("register")

    first = ada.send("/auth/account/passkeys", ada.device.create(options))
    second = ada.send("/auth/account/passkeys", ada.device.create(options))

    assert (first.status_code, second.status_code) == (200, 422)
    assert len(stored(app)) == 1


def test_a_challenge_to_sign_in_makes_no_passkey(app: Flask, ada: Holder) -> None:
    options = {**ada.options("register"), "challenge": ada.options("confirm")["challenge"]}

    assert ada.send("/auth/account/passkeys", ada.device.create(options)).status_code == 422
    assert stored(app) == []


def test_a_challenge_runs_out(app: Flask, ada: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ada.options("register")
    sent = ada.device.create(options)

    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=301))

    assert "took too long" in ada.send("/auth/account/passkeys", sent).text
    assert stored(app) == []


def test_a_challenge_of_one_browser_is_worth_nothing_in_another(app: Flask, ada: Holder) -> None:
    other = Holder(app, ada.device)
    other.sign_in()

    sent = ada.device.create(other.options("register"))

    assert ada.send("/auth/account/passkeys", sent).status_code == 422
    assert stored(app) == []


def test_a_credential_that_somebody_has_is_not_taken_again(app: Flask, ada: Holder) -> None:
    bob = holder(app, "bob@example.com")

    answer = ada.add_passkey(id=bob.device.keys[0].id)

    assert "in use already" in answer.text
    assert (len(stored(app)), len(stored(app, "bob@example.com"))) == (0, 1)


def test_an_account_has_as_many_as_the_setting_says(make_app: MakeApp) -> None:
    app = app_with_passkeys(make_app, passkeys={"most_per_user": 1})
    ada = holder(app)

    answer = ada.add_passkey(even_if_excluded=True)

    assert "can have 1 passkeys" in answer.text
    assert len(stored(app)) == 1
    assert "Add a passkey" not in ada.get("/auth/account/passkeys").text


@pytest.mark.parametrize(
    ("name", "says"),
    [("", "Enter a name"), ("x" * 101, "at most 100"), ("a\x00b", "at most 100"), ("a\u202eb", "at most 100")],
    ids=["empty", "long", "NUL", "writes backwards"],
)
def test_a_name_that_cannot_be_shown_is_refused(app: Flask, name: str, says: str) -> None:
    ada = holder(app)
    (row,) = stored(app)

    answer = ada.post(f"/auth/account/passkeys/{row['id']}", {"name": name})

    assert (answer.status_code, says in answer.text) == (422, True)
    assert stored(app)[0]["name"] == row["name"]


def test_a_passkey_is_renamed(app: Flask) -> None:
    ada = holder(app)
    (row,) = stored(app)

    ada.post(f"/auth/account/passkeys/{row['id']}", {"name": "  My <b>key</b> "})

    assert stored(app)[0]["name"] == "My <b>key</b>"
    assert "My &lt;b&gt;key&lt;/b&gt;" in ada.get("/auth/account/passkeys").text


def test_a_removed_passkey_opens_nothing(app: Flask) -> None:
    ada = holder(app)
    (row,) = stored(app)

    answer = ada.remove(row["id"])
    ada.sign_out()

    assert (answer.status_code, stored(app)) == (302, [])
    assert ada.show_passkey().status_code == 422
    assert not ada.is_signed_in()


@pytest.mark.parametrize("path", ["/auth/account/passkeys/{}", "/auth/account/passkeys/{}/remove"])
def test_somebody_elses_passkey_is_not_there(app: Flask, ada: Holder, path: str) -> None:
    holder(app, "bob@example.com")
    (row,) = stored(app, "bob@example.com")

    answer = ada.post(path.format(row["id"]), {"name": "mine now"}, page="/auth/account")

    assert answer.status_code == 404
    assert stored(app, "bob@example.com")[0]["name"] == row["name"]


@pytest.mark.parametrize("number", ["0", "99999999999999999999999", "-1", "1.5"])
def test_a_number_that_is_no_passkey_is_not_found(ada: Holder, number: str) -> None:
    assert ada.get(f"/auth/account/passkeys/{number}").status_code == 404


def test_the_only_way_in_cannot_be_removed(app: Flask) -> None:
    ada = holder(app)
    change_user(app, password_hash=None)
    ada.show_passkey()
    (row,) = stored(app)

    answer = ada.remove(row["id"])

    assert "only way into your account" in answer.text
    assert len(stored(app)) == 1


def test_one_of_two_ways_in_can_be_removed(app: Flask) -> None:
    ada = holder(app)
    ada.add_passkey(even_if_excluded=True)
    change_user(app, password_hash=None)
    ada.show_passkey()

    ada.remove(stored(app)[0]["id"])

    assert len(stored(app)) == 1


def test_a_passkey_for_another_host_is_no_way_in(app: Flask) -> None:
    from demijohn.auth.passkeys.models import Passkey

    ada = holder(app)
    ada.add_passkey(even_if_excluded=True)
    old, new = stored(app)
    with app.app_context():
        db.session.get(Passkey, old["id"]).rp_id = "old.example"
        db.session.commit()
    change_user(app, password_hash=None)
    ada.show_passkey(key=ada.device.keys[1])

    ada.remove(new["id"])

    assert len(stored(app)) == 2
    assert "for old.example only" in ada.get("/auth/account/passkeys").text


def test_adding_and_removing_is_told_to_the_owner_and_to_the_log(app: Flask) -> None:
    from demijohn.audit.models import AuditEntry

    ada = holder(app)
    ada.remove(stored(app)[0]["id"])

    with app.app_context():
        actions = [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert [subject.split(" at ")[0] for subject in mails(app)] == [
        "A passkey was added to your account",
        "A passkey was removed from your account",
    ]
    assert [action for action in actions if "passkey" in action or "factor" in action] == [
        "auth.passkey_added",
        "auth.second_factor_added",
        "auth.passkey_removed",
        "auth.second_factor_removed",
    ]


@pytest.mark.parametrize("path", ["/auth/account/passkeys", "/auth/account/passkeys/1"])
def test_the_pages_ask_who_one_is_after_a_while(app: Flask, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    ada = holder(app)
    sent = ada.device.create(ada.options("register"), even_if_excluded=True)

    monkeypatch.setattr("demijohn.clock.shift", timedelta(seconds=901))

    assert "/auth/confirm-identity" in ada.get(path).location
    assert "/auth/confirm-identity" in ada.send("/auth/account/passkeys", sent, page="/auth/account").location
    answer = ada.post_json("/auth/passkeys/options", {"purpose": "register"}, page="/auth/account")
    assert answer.status_code == 401


def test_a_program_gets_json(app: Flask, ada: Holder) -> None:
    sent = ada.device.create(ada.options("register"))

    added = ada.post_json("/auth/account/passkeys", {"credential": sent, "name": "Key"}, page="/auth/account")
    listed = ada.get("/auth/account/passkeys", headers={"Accept": "application/json"})
    address = f"/auth/account/passkeys/{added.json['id']}"
    renamed = ada.post_json(address, {"name": "Other"}, page="/auth/account")
    wrong = ada.post_json(address, {"name": ""}, page="/auth/account")
    kept = ada.post_json(f"{address}/remove", {}, page="/auth/account")
    removed = ada.post_json(f"{address}/remove", {"current_password": PASSWORD}, page="/auth/account")

    assert (added.status_code, added.json["name"], len(added.json["recovery_codes"])) == (201, "Key", 10)
    assert [one["name"] for one in listed.json["passkeys"]] == ["Key"]
    assert (renamed.json["name"], wrong.status_code, wrong.json["errors"]) == (
        "Other",
        422,
        {"name": ["Enter a name."]},
    )
    assert (kept.status_code, list(kept.json["errors"]), removed.status_code) == (422, ["current_password"], 204)


def test_passkeys_go_with_their_account(app: Flask) -> None:
    holder(app)

    with app.app_context():
        from tests.auth.visitor import find

        from demijohn.auth.passkeys.models import Passkey

        db.session.delete(find("ada@example.com"))
        db.session.commit()
        assert (db.session.query(Passkey).count(), db.session.query(PasskeyOwner).count()) == (0, 0)


def test_who_has_no_password_is_asked_for_nothing_else(app: Flask) -> None:
    ada = holder(app)
    change_user(app, password_hash=None)
    ada.show_passkey()

    assert PASSWORD not in ada.get("/auth/confirm-identity").text
    assert "Use a passkey" in ada.get("/auth/confirm-identity").text


def test_flags_of_attestation_alone_prove_nothing(app: Flask, ada: Holder) -> None:
    assert ada.add_passkey(flags=ATTESTED).status_code == 422
    assert stored(app) == []


def test_the_command_line_names_them(app: Flask) -> None:
    ada = holder(app)
    ada.add_passkey("My key", even_if_excluded=True)

    shown = app.test_cli_runner().invoke(args=["user", "show", "ada@example.com"])

    assert "passkeys        Unknown device, My key" in shown.output
