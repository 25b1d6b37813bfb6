"""Hostile JSON in place of a passkey, host names, and passkeys that are off or not installed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from setup_faults import Mending
from tests.auth.authenticator import b64
from tests.auth.passkey_visitor import Holder, MakeApp, app_with_passkeys, holder
from tests.auth.visitor import make_user

from demijohn import SetupError
from demijohn.auth.passkeys.makers import suggested_name
from demijohn.auth.passkeys.rules import MalformedError, challenge_in, host_problem, read_assertion, read_registration

RESPONSE = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "attestationObject": "AA"}
WHOLE = {"id": "AA", "rawId": "AA", "type": "public-key", "response": RESPONSE}


def without(name: str) -> dict[str, Any]:
    return {**WHOLE, "response": {key: value for key, value in RESPONSE.items() if key != name}}


def having(**values: Any) -> dict[str, Any]:
    return {**WHOLE, "response": {**RESPONSE, **values}}


JUNK: dict[str, Any] = {
    "nothing": "",
    "no JSON": "{",
    "a number": "7",
    "a list": "[]",
    "null": "null",
    "infinity": "Infinity",
    "nested without end": "[" * 60_000,
    "objects without end": '{"id":' * 10_000,
    "too long": json.dumps(WHOLE | {"more": "x" * 70_000}),
    "no response": json.dumps({**WHOLE, "response": 7}),
    "another type": json.dumps({**WHOLE, "type": "password"}),
    "type is a list": json.dumps({**WHOLE, "type": []}),
    "no id": json.dumps({**WHOLE, "id": None}),
    "id is an object": json.dumps({**WHOLE, "id": {}}),
    "id is no base64url": json.dumps({**WHOLE, "id": "a+b/"}),
    "id of one character": json.dumps({**WHOLE, "id": "A"}),
    "id with NUL": json.dumps({**WHOLE, "id": "AA\0"}),
    "id with half a character": '{"id": "\\ud800", "type": "public-key", "response": {}}',
    "id of other digits": json.dumps({**WHOLE, "id": "٣٤"}),
    "id too long": json.dumps({**WHOLE, "id": b64(bytes(1024))}),
    "no client data": json.dumps(without("clientDataJSON")),
    "client data of junk": json.dumps(having(clientDataJSON=b64(b"\xff\xfe\x00"))),
    "client data nested without end": json.dumps(having(clientDataJSON=b64(b"[" * 4_000))),
    "client data too long": json.dumps(having(clientDataJSON=b64(bytes(5_000)))),
    "challenge is a number": json.dumps(having(clientDataJSON=b64(b'{"challenge": 7}'))),
    "challenge with half a character": json.dumps(having(clientDataJSON=b64(b'{"challenge": "\\ud800"}'))),
    "client data of another encoding": json.dumps(having(clientDataJSON=b64('{"challenge": 1}'.encode("utf-16")))),
}


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return app_with_passkeys(make_app, auth={"sign_in_address_attempts": 1000})


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_junk_in_place_of_a_passkey_is_no_fault_of_ours(app: Flask, junk: str) -> None:
    make_user(app)
    person = Holder(app)
    person.sign_in()

    for path in ("/auth/login/passkey", "/auth/confirm-identity/passkey", "/auth/account/passkeys"):
        assert person.send(path, junk).status_code == 422, path


@pytest.mark.parametrize("body", [{}, [], 7, "x", None, {"credential": []}, {"credential": {"id": []}}], ids=str)
def test_junk_from_a_program_is_no_fault_of_ours(app: Flask, body: Any) -> None:
    answer = Holder(app).post_json("/auth/login/passkey", body)

    assert answer.status_code in {400, 422}
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("missing", ["clientDataJSON", "authenticatorData", "signature", "attestationObject"])
def test_every_part_must_be_there(missing: str) -> None:
    read = read_registration if missing == "attestationObject" else read_assertion

    with pytest.raises(MalformedError):
        read(without(missing))


@pytest.mark.parametrize("handle", [7, [], "", "###", b64(bytes(65))], ids=str)
def test_a_user_that_is_no_handle_is_refused(handle: Any) -> None:
    with pytest.raises(MalformedError):
        read_assertion(having(userHandle=handle))


def test_transports_that_nobody_knows_are_dropped() -> None:
    sent = having(transports=["usb", "pigeon", {}, None, "usb"])

    assert read_registration(sent).transports == ("usb",)


@pytest.mark.parametrize("said", [{"crossOrigin": True}, {"crossOrigin": "no"}, {"topOrigin": "https://a.example"}])
def test_what_was_asked_for_in_a_frame_of_another_site_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        challenge_in(json.dumps({"challenge": "AA", **said}).encode())


@pytest.mark.parametrize(
    ("scheme", "host", "problem"),
    [
        ("https", "shop.example", None),
        ("http", "localhost", None),
        ("http", "shop.localhost", None),
        ("http", "shop.example", "is not https"),
        ("https", "192.0.2.7", "is an IP address instead of a name"),
        ("https", "2001:db8::7", "is an IP address instead of a name"),
        ("http", "127.0.0.1", "is an IP address instead of a name"),
    ],
)
def test_passkeys_need_a_name_and_tls(scheme: str, host: str, problem: str | None) -> None:
    assert host_problem(scheme, host) == problem


def test_a_name_is_not_given_twice() -> None:
    taken = ["Mac", "Mac 2", "Mac 3"]

    assert suggested_name("", (), device="Mac", taken=taken) == "Mac 4"


def test_a_public_url_decides_host_and_origin(make_app: MakeApp) -> None:
    app = app_with_passkeys(make_app, public_url="https://bücher.example:8443/shop")
    answer = Holder(app).client.get("/shop/auth/login", base_url="https://xn--bcher-kva.example:8443")
    assert answer.status_code == 200

    from demijohn.auth.passkeys.relying_party import relying_party

    with app.test_request_context("/", base_url="https://evil.example"):
        party = relying_party()

    assert (party.id, party.origin) == ("xn--bcher-kva.example", "https://xn--bcher-kva.example:8443")


def test_without_one_it_is_localhost_whatever_host_was_asked(make_app: MakeApp) -> None:
    from demijohn.auth.passkeys.relying_party import relying_party

    app = app_with_passkeys(make_app)
    with app.test_request_context("/", base_url="http://evil.example:5000"):
        party = relying_party()

    assert (party.id, party.origin) == ("localhost", "http://localhost:5000")


@pytest.mark.parametrize("path", ["/auth/login/passkey", "/auth/account/passkeys"])
def test_off_there_is_no_such_address(make_app: MakeApp, path: str) -> None:
    visitor = Holder(make_app())

    assert visitor.get(path).status_code == 404
    assert "passkey" not in visitor.get("/auth/login").text


PROGRAM = """
import sys
from demijohn import Settings, create_app

key = "a-key-for-tests-only-0123456789-abcdefghij"
settings = Settings(environment="testing", secret_key=key, auth={"passkeys": {"enabled": %s}})
app = create_app("nowhere", settings)
page = app.test_client().get("/auth/login").text
print(sorted({name for name in sys.modules if "webauthn" in name or ".auth.passkeys." in name}))
"""


@pytest.mark.parametrize(
    ("is_on", "loaded"),
    [(False, [f"demijohn.auth.passkeys.{name}" for name in ("checks", "models", "rules", "settings")]), (True, None)],
    ids=["off", "on"],
)
def test_the_library_is_not_imported_before_a_passkey_is_shown(
    tmp_path: Path, is_on: bool, loaded: list[str] | None
) -> None:
    (tmp_path / "nowhere.py").write_text("")

    run = subprocess.run(
        [sys.executable, "-c", PROGRAM % is_on], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert "'webauthn" not in run.stdout
    assert loaded is None or run.stdout.strip() == str(loaded)


def found_by_check(app: Flask) -> dict[str, str]:
    from demijohn.auth.passkeys.checks import CHECKS

    with app.app_context():
        return {problem.id: problem.text for check in CHECKS for problem in check.run(app)}


@pytest.mark.parametrize("url", ["https://shop.example", "http://localhost:5000", None])
def test_an_address_where_browsers_make_passkeys_is_fine(make_app: MakeApp, url: str | None) -> None:
    assert found_by_check(app_with_passkeys(make_app, public_url=url)) == {}


@pytest.mark.parametrize("url", ["https://192.0.2.7", "http://shop.example"])
def test_an_address_where_no_browser_makes_passkeys_is_an_error(make_app: MakeApp, url: str) -> None:
    with pytest.raises(SetupError, match=r"auth\.E030"):
        app_with_passkeys(make_app, public_url=url)
    assert found_by_check(make_app(public_url=url)) == {}


@pytest.mark.mends("auth/passkeys/checks.py:check_address")
def test_production_at_an_ip_address_does_not_start_with_passkeys(mending: Mending, make_app: MakeApp) -> None:
    def start(**passkeys: Any) -> Flask:
        return app_with_passkeys(make_app, environment="production", public_url="https://192.0.2.7", passkeys=passkeys)

    said = mending.refused(start).variables()

    mending.started(lambda: start(enabled=said["FLASK_AUTH__PASSKEYS__ENABLED"]))


def test_production_without_an_address_is_an_error(make_app: MakeApp) -> None:
    with pytest.raises(SetupError, match="is not set"):
        app_with_passkeys(make_app, environment="production", sessions={"insecure_cookie": True})


def test_letting_copies_in_is_a_warning(make_app: MakeApp) -> None:
    assert set(found_by_check(app_with_passkeys(make_app, passkeys={"refuse_copies": False}))) == {"auth.W030"}


def test_passkeys_left_behind_by_a_move_are_counted(make_app: MakeApp, tmp_path: Path) -> None:
    database = {"url": f"sqlite:///{tmp_path}/moved.db"}
    holder(app_with_passkeys(make_app, database=database))

    moved = app_with_passkeys(make_app, database=database, public_url="https://new.example", create_tables=False)

    assert found_by_check(moved) == {
        "auth.W031": "1 passkeys were made for another host (localhost) and can't be used at new.example."
    }
