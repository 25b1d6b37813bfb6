"""Sessions in Redis: what is stored, what it costs, and what happens while it is away or was emptied."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string
from tests.relay import Relay
from tests.sessions.conftest import add_views, cookie_of, redis_only, rows

from demijohn import SetupError, current_user, db
from demijohn.auth.login import login_user
from demijohn.auth.models import user_class
from demijohn.checks import run_checks
from demijohn.sessions import registry

PAGE = '{% extends "demijohn/base.html" %}{% block content %}{{ current_user.is_authenticated }}{% endblock %}'


@pytest.fixture
def relay(redis_url: str) -> Iterator[Relay]:
    with Relay(redis_url) as relay:
        yield relay


@pytest.fixture
def app(make_app: Callable[..., Flask], relay: Relay) -> Flask:
    app = add_views(make_app(redis={"url": relay.url, "timeout_seconds": 0.2}))
    app.extensions["demijohn.redis"].pause_seconds = 0.0
    app.add_url_rule("/me", "me", lambda: str(current_user.is_authenticated))
    app.add_url_rule("/page", "page", lambda: render_template_string(PAGE))

    @app.get("/login/<int:number>")
    def login(number: int) -> str:
        login_user(db.session.get(user_class(), number))
        return ""

    with app.app_context():
        db.session.add(user_class()(email="ada@example.com"))
        db.session.commit()
    return app


@pytest.fixture
def client(app: Flask) -> Any:
    client = app.test_client()
    client.get("/login/1")
    return client


def keys(app: Flask) -> list[str]:
    server = app.extensions["demijohn.redis"]
    return sorted(key for key in server.client.keys("*") if ":throttle:" not in key)


@redis_only
def test_only_digests_are_stored_and_every_key_ends_by_itself(app: Flask, client: Any) -> None:
    server = app.extensions["demijohn.redis"]
    (row,) = rows(app)

    assert str(cookie_of(client)) not in f"{keys(app)} {vars(row)}"
    assert all(key.startswith("demijohn:shop:") for key in keys(app))
    assert all(server.client.pttl(key) > 0 for key in keys(app))
    assert {key.split(":")[2] for key in keys(app)} == {"session", "digest", "user"}


@redis_only
def test_a_request_that_asks_is_one_round_trip(app: Flask, client: Any, relay: Relay) -> None:
    client.get("/page")
    before = relay.asked

    client.get("/page")

    assert relay.asked - before == 1


@redis_only
def test_a_stranger_asks_nothing(app: Flask, relay: Relay) -> None:
    stranger = app.test_client()
    stranger.get("/form")
    before = relay.asked

    for path in ("/public", "/form", "/page", "/read"):
        assert stranger.get(path).status_code == 200
    assert relay.asked == before


@redis_only
@pytest.mark.parametrize("fault", ["cut", "block"])
def test_while_redis_is_away_the_signed_in_wait_and_public_pages_serve(
    app: Flask, client: Any, relay: Relay, fault: str
) -> None:
    getattr(relay, fault)()

    for path in ("/page", "/who", "/read", "/auth/account", "/admin/", "/set/a/b", "/clear", "/auth/login"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
        assert "Set-Cookie" not in answer.headers
    answer = client.get("/who", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert client.get("/public").status_code == 200
    stranger = app.test_client()
    assert [stranger.get(path).status_code for path in ("/public", "/form", "/page", "/auth/login")] == [200] * 4

    relay.mend()
    assert client.get("/page").status_code == 200
    assert "True" in client.get("/page").text


@redis_only
def test_signing_in_while_redis_is_away_is_503_and_leaves_no_cookie(app: Flask, relay: Relay) -> None:
    relay.cut()
    stranger = app.test_client()

    answer = stranger.get("/login/1")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert cookie_of(stranger) is None


@redis_only
def test_nobody_waits_twice_for_a_server_that_hangs(app: Flask, client: Any, relay: Relay) -> None:
    app.extensions["demijohn.redis"].pause_seconds = 600
    relay.block()
    client.get("/who")
    before = (relay.asked, relay.accepted)

    assert [client.get("/who").status_code for _ in range(20)] == [503] * 20
    assert (relay.asked, relay.accepted) == before


@redis_only
def test_an_emptied_redis_signs_everybody_out_and_breaks_nothing(app: Flask, client: Any) -> None:
    app.extensions["demijohn.redis"].client.flushdb()

    assert client.get("/who").json["user"] is None
    client.get("/login/1")
    assert client.get("/who").json["user"] == 1


@redis_only
def test_a_disabled_account_is_refused_at_once_though_redis_keeps_its_session(app: Flask, client: Any) -> None:
    assert client.get("/me").text == "True"
    with app.app_context():
        db.session.get(user_class(), 1).is_active = False
        db.session.commit()

    assert client.get("/me").text == "False"


@redis_only
def test_an_account_can_be_disabled_while_redis_is_away(
    app: Flask, client: Any, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    relay.cut()
    with app.app_context():
        db.session.get(user_class(), 1).is_active = False
        db.session.commit()
        assert db.session.get(user_class(), 1).is_active is False

    assert "the sessions of user 1 stay listed until they end" in caplog.text
    relay.mend()
    assert client.get("/me").text == "False", "the changed stamp ended it"


@redis_only
def test_sessions_left_when_redis_goes_between_question_and_commit_are_logged(
    app: Flask, client: Any, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    with app.app_context():
        assert registry.end_sessions(1) == 1
        relay.cut()
        db.session.commit()

    assert "sessions that were ended are still in Redis" in caplog.text


@redis_only
def test_two_applications_with_their_own_prefixes_do_not_see_each_others_users(
    make_app: Callable[..., Flask], redis_url: str
) -> None:
    listed = []
    for name in ("blue", "green"):
        app = add_views(make_app(redis={"url": redis_url, "prefix": name}))
        app.test_client().get("/sign-in/7")
        with app.app_context():
            listed.append(len(registry.sessions_of(7)))

    assert listed == [1, 1]


@redis_only
def test_ready_is_degraded_while_sessions_cannot_be_read(app: Flask, relay: Relay) -> None:
    client = app.test_client()
    assert client.get("/readyz").json["probes"]["sessions"] == "ready"
    relay.cut()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["probes"]["sessions"].startswith("Redis does not answer (")


def found(app: Flask) -> dict[str, str]:
    return {p.id: p.text for p in run_checks(app, deploy=True) if p.id.startswith("sessions.")}


@redis_only
def test_a_server_that_throws_sessions_away_or_does_not_answer_is_named(
    app: Flask, relay: Relay, make_app: Callable[..., Flask]
) -> None:
    assert found(app) == {}
    relay.cut()
    assert "does not answer" in found(app)["sessions.W001"]


EVICTING = """
import sys
from demijohn import Settings, create_app
from demijohn.checks import run_checks

app = create_app("shop", Settings(environment="testing", redis={"url": sys.argv[1]}, sessions={"backend": "redis"}))
print([p.id for p in run_checks(app, deploy=True) if p.id.startswith("sessions.")])
"""


@pytest.mark.redis
def test_a_full_server_that_evicts_is_named(tmp_path: Any) -> None:
    socket = tmp_path / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    evicting = ["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"]
    server = subprocess.Popen(["redis-server", *options, *evicting], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        if "ready to accept connections" in line.lower():
            break

    command = [sys.executable, "-c", EVICTING, f"unix://{socket}"]
    run = subprocess.run(command, cwd="tests/sample", capture_output=True, text=True, check=False)

    server.terminate()
    server.communicate()
    assert "['sessions.W002']" in run.stdout, run.stderr


@redis_only
def test_redis_without_an_address_is_refused_with_what_to_set(make_app: Callable[..., Flask], redis_url: str) -> None:
    with pytest.raises(SetupError) as refused:
        make_app(redis={})

    assert refused.value.fix == "set REDIS_URL=redis://127.0.0.1:6379/0"
    make_app(redis={"url": redis_url})
