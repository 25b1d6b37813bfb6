"""Ids: planted, stolen, forged and outdated ones are worth nothing."""

import hashlib

import pytest
from tests.sessions.conftest import cookie_of, rows, token_in


def plant(client, value: str) -> None:
    client.set_cookie(client.application.config["SESSION_COOKIE_NAME"], value)


def test_an_id_planted_before_sign_in_is_not_signed_in_afterwards(app) -> None:
    attacker, victim = app.test_client(), app.test_client()
    attacker.get("/set/cart/3")
    planted = cookie_of(attacker)
    plant(victim, planted)

    victim.get("/sign-in/7")

    assert attacker.get("/who").json["user"] is None
    assert victim.get("/who").json["user"] == 7
    assert cookie_of(victim)[-43:] != planted[-43:]


def test_an_id_without_a_row_is_never_adopted(app) -> None:
    client = app.test_client()
    invented = "s" + "x" * 86
    plant(client, invented)

    client.get("/set/cart/3")

    assert cookie_of(client) != invented
    assert [row.digest for row in rows(app)] == [hashlib.sha256(cookie_of(client).encode()).hexdigest()]


def test_the_id_changes_at_sign_in_and_the_old_row_is_gone(app) -> None:
    client = app.test_client()
    client.get("/set/cart/3")
    before = cookie_of(client)

    client.get("/sign-in/7")

    assert cookie_of(client) != before
    assert [row.user_id for row in rows(app)] == [7]
    assert client.get("/read").json["cart"] == "3"


def test_the_id_changes_when_a_session_becomes_fresh_and_the_stolen_one_is_refused(app) -> None:
    client, thief = app.test_client(), app.test_client()
    client.get("/sign-in/7")
    client.get("/set/_fresh/no")
    plant(thief, cookie_of(client))
    assert thief.get("/who").json["user"] == 7

    client.get("/confirm")

    assert client.get("/who").json["user"] == 7
    assert thief.get("/who").json["user"] is None
    assert len(rows(app)) == 1


def test_sign_out_ends_the_row_and_takes_the_cookie(app) -> None:
    client, thief = app.test_client(), app.test_client()
    client.get("/sign-in/7")
    plant(thief, cookie_of(client))

    client.get("/clear")

    assert cookie_of(client) is None
    assert thief.get("/who").json["user"] is None
    assert rows(app) == []


def test_a_key_left_at_sign_out_does_not_keep_the_user(app) -> None:
    client = app.test_client()
    client.get("/sign-in/7")
    before = cookie_of(client)

    client.get("/sign-out")

    assert cookie_of(client) != before
    assert client.get("/who").json["user"] is None


def test_signing_in_as_another_leaves_nothing_of_the_first(app) -> None:
    client = app.test_client()
    client.get("/sign-in/7")
    client.get("/set/secret/seven")

    client.get("/sign-in/8")

    assert "secret" not in client.get("/read").json
    assert [row.user_id for row in rows(app)] == [8]


def test_a_token_of_the_response_that_signed_in_is_valid_and_an_older_one_is_not(app) -> None:
    client = app.test_client()
    old = token_in(client.get("/form"))

    new = token_in(client.get("/sign-in-with-form/7"))

    assert client.post("/post", data={"csrf_token": new}).status_code == 200
    assert client.post("/post", data={"csrf_token": old}).status_code == 400


def test_a_form_stays_valid_when_the_stranger_gets_a_row(app) -> None:
    client = app.test_client()
    token = token_in(client.get("/form"))

    client.get("/set/cart/3")

    assert cookie_of(client).startswith("s")
    assert client.post("/post", data={"csrf_token": token}).status_code == 200


def test_a_form_stays_valid_when_the_last_flash_was_shown(app) -> None:
    client = app.test_client()
    client.get("/flash")
    token = token_in(client.get("/form"))

    assert client.get("/flashed").json == {"messages": ["Saved."]}

    assert rows(app) == []
    assert client.post("/post", data={"csrf_token": token}).status_code == 200


FORGED = {
    "empty": "",
    "letter s": "s",
    "letter a": "a",
    "unknown row": "s" + "x" * 86,
    "invented stranger": "a" + "x" * 43,
    "too long": "a" * 60,
    "other kind": "z" + "x" * 86,
    "accents": "s" + "é" * 86,
    "sql": "s'; DROP TABLE user_session;--",
    "huge": "x" * 8000,
}


@pytest.mark.parametrize("value", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("path", ["/who", "/form", "/read", "/flash", "/clear", "/sign-in/7"])
def test_a_forged_cookie_is_a_strangers(app, value: str, path: str) -> None:
    response = app.test_client(use_cookies=False).get(path, headers={"Cookie": f"session={value}"})

    assert response.status_code == 200
    if path == "/who":
        assert response.json == {"user": None, "session": None}


def test_raw_bytes_in_the_cookie_header_are_a_strangers(app) -> None:
    response = app.test_client().get("/who", environ_overrides={"HTTP_COOKIE": "session=\xff\xfe\x01;;=;\x00"})

    assert response.json == {"user": None, "session": None}


def test_reading_the_table_gives_no_usable_id(app) -> None:
    client = app.test_client()
    client.get("/sign-in/7")
    row = rows(app)[0]

    for stolen in (row.digest, "s" + row.digest, "s" + (row.digest + row.digest)[:86]):
        response = app.test_client(use_cookies=False).get("/who", headers={"Cookie": f"session={stolen}"})
        assert response.json["user"] is None
    assert cookie_of(client) not in repr(vars(row))


def test_the_session_tells_nothing_of_itself_in_a_repr(app) -> None:
    from flask import session

    client = app.test_client()
    client.get("/sign-in/7")
    with client:
        client.get("/read")
        assert "7" not in repr(session._get_current_object())
