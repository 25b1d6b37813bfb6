"""Health: alive and ready, for load balancers, without a context and without telling strangers anything."""

import threading
import time

import pytest
from flask import Flask
from tests.conftest import SECRET_KEY

from demijohn import Battery
from demijohn.contributions import Probe
from demijohn.section import Section

OUTSIDE = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}}
PRODUCTION = {"environment": "production", "secret_key": SECRET_KEY, "public_url": "https://shop.example"}


def nothing(app: Flask, section: Section) -> None: ...


def with_probe(run) -> Battery:
    return Battery(name="warehouse", section=Section, init=nothing, probes=(Probe(name="warehouse", run=run),))


def test_alive_answers_any_host_before_any_context(make_app) -> None:
    app = make_app(**PRODUCTION, database={"url": "sqlite://"})
    asked: list[str] = []
    app.before_request(lambda: asked.append("asked"))

    for host in ("10.0.0.7:8000", "shop.example", "evil.example"):
        response = app.test_client().get("/healthz", base_url=f"http://{host}", **OUTSIDE)
        assert (response.status_code, response.json) == (200, {"status": "alive"})
    assert asked == []


def test_ready_asks_every_probe(make_app) -> None:
    client = make_app(batteries=[with_probe(lambda app: None)]).test_client()

    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json["status"] == "ready"
    assert response.json["probes"] | {"database": "ready", "warehouse": "ready"} == response.json["probes"]


def test_not_ready_is_503_with_retry_after_and_the_reason(make_app) -> None:
    response = make_app(batteries=[with_probe(lambda app: "roof is open")]).test_client().get("/readyz")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert response.json["probes"]["warehouse"] == "roof is open"


def test_a_database_that_is_away_is_not_ready(make_app, tmp_path) -> None:
    app = make_app(create_tables=False, database={"url": f"sqlite:///{tmp_path}/no/such/folder.db"})
    client = app.test_client()

    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_a_probe_that_raises_is_not_ready_and_tells_no_secret(make_app, caplog) -> None:
    def fails(app: Flask) -> None:
        raise RuntimeError("amqp://shop:s3cret@queue")

    response = make_app(batteries=[with_probe(fails)]).test_client().get("/readyz")

    assert response.status_code == 503
    assert response.json["probes"]["warehouse"] == "failed (RuntimeError)"
    assert "s3cret" not in caplog.text


def test_a_probe_that_hangs_is_waited_for_shortly_and_never_asked_twice_at_once(make_app) -> None:
    started: list[int] = []
    release = threading.Event()

    def hangs(app: Flask) -> None:
        started.append(1)
        release.wait(20)

    client = make_app(batteries=[with_probe(hangs)], observability={"probe_seconds": 0.2}).test_client()
    before = threading.active_count()
    began = time.monotonic()

    answers = [client.get("/readyz") for _ in range(5)]

    assert time.monotonic() - began < 4
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].json["probes"]["warehouse"] == "no answer within 0.2 s"
    assert started == [1]
    assert threading.active_count() <= before + 1
    release.set()


def test_a_probe_that_recovers_is_ready_again(make_app) -> None:
    problems = ["roof is open", None]
    client = make_app(batteries=[with_probe(lambda app: problems.pop(0))]).test_client()

    assert [client.get("/readyz").status_code for _ in range(2)] == [503, 200]


@pytest.mark.parametrize(
    ("headers", "address"),
    [({}, "203.0.113.9"), ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"), ({"Authorization": "Bearer "}, "10.0.0.1")],
    ids=["from elsewhere", "through a proxy", "an empty token"],
)
def test_strangers_learn_the_status_only(make_app, headers: dict[str, str], address: str) -> None:
    client = make_app(batteries=[with_probe(lambda app: "roof is open")]).test_client()

    response = client.get("/readyz", headers=headers, environ_overrides={"REMOTE_ADDR": address})

    assert response.status_code == 503
    assert response.json == {"status": "not ready"}


@pytest.mark.parametrize(
    ("authorization", "sees"),
    [
        ("Bearer let-me-see-the-detail", True),
        ("Bearer wrong", False),
        ("Basic let-me-see-the-detail", False),
        ("", False),
    ],
)
def test_production_shows_detail_to_the_token_alone(make_app, authorization: str, sees: bool) -> None:
    settings = {"health_token": "let-me-see-the-detail"}
    app = make_app(**PRODUCTION, database={"url": "sqlite://"}, observability=settings)

    response = app.test_client().get("/readyz", headers={"Authorization": authorization})

    assert ("probes" in response.json) is sees


def test_head_works_and_posts_do_not(make_app) -> None:
    client = make_app().test_client()

    assert (client.head("/healthz").status_code, client.head("/healthz").data) == (200, b"")
    assert client.post("/healthz").status_code == 405
    assert client.post("/healthz").headers["Allow"] == "GET, HEAD"


def test_health_has_the_security_headers_and_is_not_cached(make_app) -> None:
    response = make_app().test_client().get("/healthz")

    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


def test_health_answers_inside_and_outside_the_mounted_path(make_app) -> None:
    app = make_app(**PRODUCTION | {"public_url": "https://shop.example/shop"}, database={"url": "sqlite://"})
    client = app.test_client()

    assert client.get("/healthz", base_url="http://10.0.0.7").status_code == 200
    assert client.get("/shop/healthz", base_url="http://10.0.0.7").status_code == 200


def test_the_applications_own_view_wins(make_app) -> None:
    app = make_app()
    app.add_url_rule("/healthz", "own", lambda: "mine")

    assert app.test_client().get("/healthz").text == "mine"


def test_two_applications_ask_their_own_probes(make_app) -> None:
    bad = make_app(batteries=[with_probe(lambda app: "roof is open")])
    good = make_app(batteries=[with_probe(lambda app: None)])

    assert bad.test_client().get("/readyz").status_code == 503
    assert good.test_client().get("/readyz").status_code == 200


def test_health_works_without_security_and_database(make_app) -> None:
    app = make_app(features={"database": False, "security": False, "forms": False})

    assert app.test_client().get("/readyz").json == {"status": "ready", "probes": {}}
