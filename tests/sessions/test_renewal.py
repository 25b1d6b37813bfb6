"""A session kept on a device gets a new id now and then; an old one shown later is a copy."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request, session
from tests.sessions.conftest import add_views, cookie_of, rows, token_in

from demijohn.sessions import limits
from demijohn.sessions.settings import SessionsSettings
from demijohn.sessions.signals import session_replayed

DAY = 86_400
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def app(make_app: Callable[..., Flask], database_url: str) -> Flask:
    app = add_views(make_app(database={"url": database_url}))

    @app.get("/slow")
    def slow() -> str:
        """Writes; while it works, another request of the same session renews the id."""
        session["colour"] = "red"
        ask(app, request.args["cookie"], "/set/cart/3")
        return ""

    return app


@pytest.fixture
def client(app: Flask) -> Any:
    client = app.test_client()
    client.get("/sign-in/7?remember=1")
    return client


@pytest.fixture
def told(app: Flask) -> list[dict[str, Any]]:
    """What listeners hear of replays."""
    heard: list[dict[str, Any]] = []

    def hear(sender: Flask, **facts: Any) -> None:
        heard.append(facts)

    session_replayed.connect(hear, app)
    app.extensions["test_listener"] = hear  # the signal holds it weakly
    return heard


def ask(app: Flask, cookie: str | None, path: str = "/who") -> Any:
    return app.test_client(use_cookies=False).get(path, headers={"Cookie": f"session={cookie}"})


def new_cookie(response: Any) -> str | None:
    header = response.headers.get("Set-Cookie", "")
    return header.partition("=")[2].partition(";")[0] or None


def test_the_id_changes_once_a_day_and_the_session_stays(client, travel) -> None:
    first, row = cookie_of(client), rows(client.application)[0]
    client.get("/set/cart/3")
    travel(DAY - 1)
    client.get("/who")
    assert cookie_of(client) == first
    travel(2)

    assert client.get("/who").json["user"] == 7

    assert cookie_of(client) != first
    assert client.get("/read").json["cart"] == "3"
    assert len(rows(client.application)) == 1
    assert rows(client.application)[0].created_at == row.created_at


def test_a_request_that_writes_renews_as_well(client, travel) -> None:
    first = cookie_of(client)
    travel(DAY + 1)

    client.get("/set/cart/3")

    assert cookie_of(client) != first
    assert client.get("/read").json["cart"] == "3"


def test_a_session_that_ends_with_the_browser_keeps_its_id(app: Flask, travel) -> None:
    client = app.test_client()
    client.get("/sign-in/7")
    first = cookie_of(client)
    for _ in range(3):
        travel(DAY - 100)
        assert client.get("/who").json["user"] == 7

    assert cookie_of(client) == first


def test_a_form_opened_before_is_still_taken_after(client, travel) -> None:
    token = token_in(client.get("/form"))
    before = cookie_of(client)
    travel(DAY + 1)
    client.get("/who")

    assert cookie_of(client) != before
    assert client.post("/post", data={"csrf_token": token}).json == {"posted": True}


def test_eight_requests_at_the_moment_of_renewal_are_all_served_and_one_gets_the_new_id(
    app: Flask, client, travel, told
) -> None:
    old = cookie_of(client)
    travel(DAY + 1)
    start = threading.Barrier(8)

    def hurry(number: int) -> Any:
        start.wait()
        return ask(app, old, f"/set/key{number}/1" if number % 2 else "/who")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(hurry, range(8)))

    assert [answer.status_code for answer in answers] == [200] * 8
    assert {answer.json["user"] for answer in answers if "user" in answer.json} == {7}
    (newer,) = {cookie for cookie in map(new_cookie, answers) if cookie not in {None, old}}
    stored = ask(app, newer, "/read").json
    assert {key for key in stored if key.startswith("key")} == {"key1", "key3", "key5", "key7"}
    assert ask(app, old).json["user"] == 7, "still within the grace"
    assert told == []


def test_a_request_that_read_before_the_renewal_and_writes_after_it_loses_nothing(app: Flask, client, travel) -> None:
    travel(DAY + 1)
    old = cookie_of(client)

    response = ask(app, old, "/slow?" + urlencode({"cookie": old}))

    assert "Set-Cookie" not in response.headers, "the browser has the newer id from the other answer"
    assert ask(app, old, "/read").json["colour"] == "red"


def test_a_stolen_old_cookie_ends_the_session_of_both_and_is_told_once(app: Flask, client, travel, told) -> None:
    stolen = cookie_of(client)
    travel(DAY + 1)
    client.get("/who")
    client.get("/who")
    travel(61)

    first = app.test_client(use_cookies=False).get(
        "/who",
        headers={"Cookie": f"session={stolen}", "User-Agent": "Thief"},
        environ_overrides={"REMOTE_ADDR": "203.0.113.66"},
    )

    assert first.json["user"] is None
    assert client.get("/who").json["user"] is None
    assert rows(app) == []
    ask(app, stolen)
    assert told == [{"user_id": 7, "address": "203.0.113.66", "agent": "Thief"}]


def test_a_thief_who_renews_first_is_found_when_the_owner_comes(app: Flask, client, travel, told) -> None:
    travel(DAY + 1)
    thief = new_cookie(ask(app, cookie_of(client)))
    assert ask(app, thief).json["user"] == 7
    travel(61)

    assert client.get("/who").json["user"] is None
    assert ask(app, thief).json["user"] is None
    assert len(told) == 1


def test_an_id_from_several_renewals_ago_is_found_too(app: Flask, client, travel, told) -> None:
    stolen = cookie_of(client)
    for _ in range(3):
        travel(DAY + 1)
        client.get("/who"), client.get("/who")
    travel(61)

    assert ask(app, stolen).json["user"] is None
    assert client.get("/who").json["user"] is None
    assert len(told) == 1


def test_eight_replays_at_once_are_told_once(app: Flask, client, travel, told) -> None:
    stolen = cookie_of(client)
    travel(DAY + 1)
    client.get("/who"), client.get("/who")
    travel(61)
    start = threading.Barrier(8)

    def hurry(number: int) -> Any:
        start.wait()
        return ask(app, stolen).json["user"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(hurry, range(8))) == [None] * 8
    assert len(told) == 1


def test_an_answer_that_was_lost_costs_nobody_their_session(app: Flask, client, travel, told) -> None:
    old = cookie_of(client)
    travel(DAY + 1)
    lost = new_cookie(ask(app, old))
    travel(3600)

    again = client.get("/who")

    assert again.json["user"] == 7
    newer = cookie_of(client)
    assert newer not in {old, lost}
    assert client.get("/who").json["user"] == 7
    travel(61)
    assert ask(app, lost).json["user"] is None, "found after all: that is a copy"
    assert client.get("/who").json["user"] is None
    assert len(told) == 1


def test_eight_requests_after_a_lost_answer_are_all_served(app: Flask, client, travel, told) -> None:
    old = cookie_of(client)
    travel(DAY + 1)
    ask(app, old)
    travel(3600)
    start = threading.Barrier(8)

    def hurry(number: int) -> Any:
        start.wait()
        return ask(app, old).json["user"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(hurry, range(8))) == [7] * 8
    assert told == []


def test_an_old_id_opens_nothing_after_a_rise_in_privilege_not_even_in_its_grace(app: Flask, client, travel) -> None:
    old = cookie_of(client)
    travel(DAY + 1)
    client.get("/who")
    client.get("/set/_fresh/anew")

    assert ask(app, old).json["user"] is None
    assert client.get("/who").json["user"] == 7


def test_signing_out_right_after_a_renewal_leaves_nothing(app: Flask, client, travel) -> None:
    old = cookie_of(client)
    travel(DAY + 1)
    client.get("/who")
    newer = cookie_of(client)

    client.get("/clear")

    assert [ask(app, cookie).json["user"] for cookie in (old, newer)] == [None, None]
    assert rows(app) == []


def test_a_request_in_its_grace_can_sign_out(app: Flask, client, travel) -> None:
    old = cookie_of(client)
    travel(DAY + 1)
    client.get("/who")

    ask(app, old, "/clear")

    assert client.get("/who").json["user"] is None
    assert rows(app) == []


def test_signing_out_at_the_moment_of_renewal_signs_out(app: Flask, client, travel) -> None:
    for _ in range(5):
        travel(DAY + 1)
        old, start = cookie_of(client), threading.Barrier(2)

        def hurry(path: str, old: str | None = old, start: threading.Barrier = start) -> Any:
            start.wait()
            return ask(app, old, path)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(hurry, ["/clear", "/who"]))

        assert rows(app) == []
        client.get("/sign-in/7?remember=1")


def test_where_the_setting_says_so_it_is_sooner(make_app, travel) -> None:
    client = add_views(make_app(sessions={"renew_seconds": 3600})).test_client()
    client.get("/sign-in/7?remember=1")
    first = cookie_of(client)
    travel(3601)
    client.get("/who")

    assert cookie_of(client) != first


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("retired", "shown", "last_used", "replayed"),
    [
        (None, 500, 0, False),
        (0, 59, 10, False),
        (0, 60, 10, True),
        (0, 999, 0, False),
        (-5, 999, 0, True),
    ],
    ids=["current", "in its grace", "after it", "its successor was never used", "retired before that one"],
)
def test_an_id_is_replayed_if_it_is_old_and_its_successor_was_used(
    retired: float | None, shown: float, last_used: float, replayed: bool
) -> None:
    retired_at = None if retired is None else after(retired)

    assert limits.is_replayed(retired_at, after(shown), renewed_at=NOON, last_seen_at=after(last_used)) is replayed


@pytest.mark.parametrize(("age", "due"), [(DAY - 1, False), (DAY, True)])
def test_an_id_is_renewed_when_it_is_old(age: int, due: bool) -> None:
    assert limits.needs_renewal(NOON, after(age), SessionsSettings(), retired_at=None) is due
