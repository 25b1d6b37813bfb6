"""Throttles in Redis: keys that tell nothing and go by themselves, and what happens while Redis is away."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from flask import Flask
from setup_faults import Mending
from tests.relay import Relay

from demijohn import SetupError
from demijohn.security.backends.memory import MemoryThrottles
from demijohn.security.start import chosen_throttles, extension_of
from demijohn.security.throttle import Limit, clear, give_back, hit, peek

MakeApp = Callable[..., Flask]
TEN_AN_HOUR = Limit("test.ten", times=10, per_seconds=3600)


def allowed(app: Flask, times: int, key: str = "a") -> int:
    with app.app_context():
        return sum(hit(TEN_AN_HOUR, key).allowed for _ in range(times))


@pytest.fixture
def relay(redis_url: str) -> Iterator[Relay]:
    """A way to Redis that the test can cut or block."""
    with Relay(redis_url) as relay:
        yield relay


@pytest.fixture
def app(make_app: MakeApp, relay: Relay) -> Flask:
    return make_app("bare", features={"database": False}, redis={"url": relay.url, "timeout_seconds": 0.2})


def impatient(app: Flask) -> None:
    """Ask again at once after a failure."""
    app.extensions["demijohn.redis"].pause_seconds = 0.0


@pytest.mark.redis
def test_a_key_has_the_applications_prefix_tells_nothing_and_ends_by_itself(make_app: MakeApp, redis_url: str) -> None:
    app = make_app(redis={"url": redis_url}, public_url="https://shop.example/tools")

    assert allowed(app, 12, "someone@example.org") == 10

    client = redis.Redis.from_url(redis_url, decode_responses=True)
    (key,) = client.keys("*")
    assert key.startswith("demijohn:shop.example/tools:throttle:")
    assert "someone" not in key
    assert 3_590_000 < client.pttl(key) <= 3_600_000
    client.close()


@pytest.mark.redis
def test_what_is_given_back_keeps_its_end(make_app: MakeApp, redis_url: str) -> None:
    app = make_app(redis={"url": redis_url})
    allowed(app, 10)

    with app.app_context():
        give_back(TEN_AN_HOUR, "a")
        give_back(TEN_AN_HOUR, "never counted")

    client = redis.Redis.from_url(redis_url)
    assert [client.pttl(key) > 0 for key in client.keys("*")] == [True]
    client.close()


@pytest.mark.redis
def test_two_applications_with_different_keys_or_prefixes_count_apart(make_app: MakeApp, redis_url: str) -> None:
    first, second = (make_app(redis={"url": redis_url, "prefix": name}) for name in ("one", "two"))

    assert (allowed(first, 11), allowed(second, 11)) == (10, 10)


@pytest.mark.redis
@pytest.mark.parametrize("fault", ["cut", "block"])
def test_while_redis_is_away_memory_counts_and_says_so_once(
    app: Flask, relay: Relay, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    assert allowed(app, 4) == 4

    getattr(relay, fault)()
    app.extensions["demijohn.redis"].pause_seconds = 600

    assert allowed(app, 30) == 10
    with app.app_context():
        assert not peek(TEN_AN_HOUR, "a").allowed
        clear(TEN_AN_HOUR, "a")
        assert peek(TEN_AN_HOUR, "a").allowed
    assert relay.accepted <= 2, "asked once more, then not again for a while"
    told = [record.message for record in caplog.records if "this process only" in record.message]
    assert len(told) == 1
    assert told[0].startswith("throttles are counted in this process only: Redis did not answer (")
    assert "127.0.0.1" not in caplog.text


@pytest.mark.redis
def test_when_redis_is_back_it_counts_again_and_says_so(
    app: Flask, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    allowed(app, 4)
    impatient(app)
    relay.cut()
    allowed(app, 1)
    relay.mend()

    assert allowed(app, 10) == 6
    assert "throttles are counted for all processes again" in caplog.messages


@pytest.mark.redis
def test_ready_says_degraded_while_redis_is_away_and_stays_in_service(app: Flask, relay: Relay) -> None:
    client = app.test_client()
    assert client.get("/readyz").json["probes"]["throttles"] == "ready"
    impatient(app)
    relay.cut()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json["status"]) == (200, "degraded")
    assert answer.json["probes"]["throttles"].startswith("counted in each process only: Redis did not answer")
    relay.mend()
    assert client.get("/readyz").json["status"] == "ready"


def test_a_server_that_is_not_there_delays_no_start_and_the_door_still_has_its_limit(make_app: MakeApp) -> None:
    app = make_app(redis={"url": "redis://user:s3cret@127.0.0.1:1/0"})

    assert allowed(app, 30) == 10


def test_a_refused_password_is_told_without_the_password(make_app: MakeApp, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(redis={"url": "redis://user:s3cret@127.0.0.1:1/0"})
    allowed(app, 1)

    assert "s3cret" not in caplog.text
    assert "s3cret" not in str(app.test_client().get("/readyz").json)


@pytest.mark.parametrize(
    ("values", "backend"),
    [
        ({}, "database"),
        ({"redis": {"url": "redis://127.0.0.1:1/0"}}, "redis"),
        ({"redis": {"url": "redis://127.0.0.1:1/0"}, "security": {"throttle_backend": "database"}}, "database"),
        ({"security": {"throttle_backend": "memory"}}, "memory"),
        ({"features": {"database": False}}, "memory"),
    ],
    ids=["plain", "a url is enough", "the setting decides", "memory if asked for", "no database"],
)
def test_throttles_count_in_the_most_shared_place_unless_told_otherwise(
    make_app: MakeApp, values: dict[str, Any], backend: str
) -> None:
    app = make_app("bare" if "features" in values else "shop", **values)
    throttles = extension_of(app).throttles

    shared = {"database": "TableThrottles", "redis": "RedisThrottles", "memory": MemoryThrottles.__name__}[backend]
    assert type(getattr(throttles, "shared", throttles)).__name__ == shared


@pytest.mark.mends("redis/server.py:connect")
def test_redis_without_an_address_is_refused_with_what_to_set(make_app: MakeApp, mending: Mending) -> None:
    refused = mending.refused(lambda: make_app(security={"throttle_backend": "redis"}))

    url = refused.variables()["REDIS_URL"]
    fixed = mending.started(lambda: make_app(security={"throttle_backend": "redis"}, redis={"url": url}))
    assert chosen_throttles(fixed, extension_of(fixed).section) is not None


@pytest.mark.mends("security/start.py:chosen_throttles")
@pytest.mark.usefixtures("clean_environment")
def test_the_table_without_a_database_is_refused_with_what_to_set(
    make_app: MakeApp, mending: Mending, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_FEATURES__DATABASE", "false")

    refused = mending.refused(lambda: make_app("bare", security={"throttle_backend": "database"}))
    for name, value in refused.variables().items():
        monkeypatch.setenv(name, value)

    mending.started(lambda: make_app("bare", security={"throttle_backend": "database"}))


WITHOUT_REDIS = """
import sys
from demijohn import Settings, create_app

sys.modules["redis"] = None
settings = Settings(environment="testing", secret_key="a-key-for-tests-only-0123456789-abcdefghij")
create_app("bare", settings)
print("started without a URL")
create_app("bare", Settings(environment="testing", redis={"url": "redis://127.0.0.1:6379/0"}))
"""


def test_a_url_without_the_library_says_what_to_install_and_without_a_url_it_is_not_missed() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path.insert(0, 'tests/sample')\n" + WITHOUT_REDIS],
        capture_output=True,
        text=True,
        check=False,
    )

    assert 'REDIS_URL is set, but redis-py is not installed.\nFix: pip install "demijohn[redis]"' in run.stderr
    assert run.stdout == "started without a URL\n"


def test_the_library_is_not_imported_without_a_url() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests/sample')\n"
        "from demijohn import Settings, create_app\n"
        "create_app('bare', Settings(environment='testing'))\n"
        "print('redis' in sys.modules, 'demijohn.security.backends.redis' in sys.modules)"
    )

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.split() == ["False", "False"]


@pytest.mark.parametrize(
    "url",
    ["http://:s3cret@127.0.0.1", "redis://", "rediss://:s3cret@host:port/0", "redis://:s3cret@host/name", "unix://"],
)
def test_an_address_that_is_none_is_refused_without_its_password(make_app: MakeApp, url: str) -> None:
    with pytest.raises(SetupError, match=r"redis\.url \(argument\): ") as refused:
        make_app(redis={"url": url})

    assert "s3cret" not in str(refused.value)
