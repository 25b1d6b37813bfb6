"""Throttles: never more than the limit, whoever counts, on every database."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from demijohn import clock, db
from demijohn.security import pruning
from demijohn.security.models import ThrottleKey
from demijohn.security.start import extension_of
from demijohn.security.throttle import Limit, clear, give_back, hit, now_us, peek, throttled_response

MakeApp = Callable[..., Flask]
TEN_AN_HOUR = Limit("test.ten", times=10, per_seconds=3600)
SECRET_KEY = "a-key-for-tests-only-0123456789-abcdefghij"


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("redis", marks=pytest.mark.redis),
        "memory",
    ]
)
def app(request: pytest.FixtureRequest, make_app: MakeApp) -> Flask:
    """An application that counts in SQLite, in PostgreSQL, in Redis, or without a database in memory."""
    if request.param == "redis":
        return make_app("bare", features={"database": False}, redis={"url": request.getfixturevalue("redis_url")})
    if request.param == "memory":
        return make_app("bare", features={"database": False})
    if request.param == "postgresql":
        return make_app(database={"url": request.getfixturevalue("postgres_url")})
    return make_app()


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(clock, "shift", clock.shift + timedelta(seconds=seconds))


def allowed(app: Flask, times: int, key: str = "a", limit: Limit = TEN_AN_HOUR) -> int:
    with app.app_context():
        return sum(hit(limit, key).allowed for _ in range(times))


def test_as_many_as_the_limit_pass_and_no_more(app: Flask) -> None:
    assert allowed(app, 30) == 10


@pytest.mark.parametrize(("times", "per_seconds"), [(1, 1), (3, 1), (7, 60), (13, 86_400), (999, 3600)])
def test_the_limit_is_exact_where_it_does_not_divide(app: Flask, times: int, per_seconds: int) -> None:
    pace = Limit("odd", times=times, per_seconds=per_seconds).pace
    throttles = extension_of(app).throttles
    now = now_us()

    with app.app_context():
        assert sum(throttles.take("k", pace, now) == 0 for _ in range(times + 3)) == times


def test_keys_and_limits_are_counted_apart(app: Flask) -> None:
    other = Limit("test.other", times=10, per_seconds=3600)

    assert (allowed(app, 10, "a"), allowed(app, 11, "b"), allowed(app, 11, "a", other)) == (10, 10, 10)


def test_who_is_refused_is_told_how_long_to_wait_and_then_passes_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed(app, 10)
    with app.app_context():
        wait = hit(TEN_AN_HOUR, "a").retry_after_seconds
    assert 350 < wait <= 360

    later(monkeypatch, wait)

    assert allowed(app, 3) == 1


def test_waiting_the_whole_window_gives_the_whole_limit_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed(app, 10)

    later(monkeypatch, 3600)

    assert allowed(app, 30) == 10


def test_asking_without_counting_counts_nothing(app: Flask) -> None:
    with app.app_context():
        assert all(peek(TEN_AN_HOUR, "a").allowed for _ in range(20))
    assert allowed(app, 10) == 10
    with app.app_context():
        assert not peek(TEN_AN_HOUR, "a").allowed


def test_what_is_given_back_may_be_taken_again(app: Flask) -> None:
    allowed(app, 10)
    with app.app_context():
        give_back(TEN_AN_HOUR, "a")

    assert allowed(app, 5) == 1


def test_clearing_a_key_forgets_it_and_no_other(app: Flask) -> None:
    allowed(app, 10, "a"), allowed(app, 10, "b")
    with app.app_context():
        clear(TEN_AN_HOUR, "a")

    assert (allowed(app, 11, "a"), allowed(app, 11, "b")) == (10, 0)


def test_eight_threads_at_once_never_admit_more_than_the_limit(app: Flask) -> None:
    start, counts = threading.Barrier(8), []

    def attack() -> None:
        start.wait()
        counts.append(allowed(app, 10))
        with app.app_context():
            if app.extensions["demijohn"].has("database"):
                db.session.remove()

    threads = [threading.Thread(target=attack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == 10


ATTACKER = """
import shop
from demijohn import Settings, create_app
from demijohn.security.throttle import Limit, hit

settings = Settings(environment="testing", secret_key=%r, database={"url": %r}, redis={"url": %r, "prefix": "shared"})
app = create_app("shop", settings)
with app.app_context():
    input()
    print(sum(hit(Limit("test.ten", times=10, per_seconds=3600), "a").allowed for _ in range(40)))
"""


def test_two_processes_at_once_never_admit_more_than_the_limit(make_app: MakeApp, database_url: str) -> None:
    make_app(database={"url": database_url})
    attack_with_two_processes(database_url, None)


@pytest.mark.redis
def test_two_processes_at_once_never_admit_more_than_the_limit_of_redis(redis_url: str) -> None:
    attack_with_two_processes("sqlite://", redis_url)


def attack_with_two_processes(database_url: str, redis_url: str | None) -> None:
    program = ATTACKER % (SECRET_KEY, database_url, redis_url)
    run = [sys.executable, "-c", "import sys; sys.path.insert(0, 'tests/sample')\n" + program]
    processes = [
        subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in processes]

    assert sum(int(out) for out, _ in ended) == 10, ended


def test_the_table_holds_neither_addresses_nor_names(make_app: MakeApp) -> None:
    app = make_app()
    allowed(app, 1, "someone@example.org")

    with app.app_context():
        row = db.session.scalars(sa.select(ThrottleKey)).one()

    assert len(row.digest) == 64
    assert "someone" not in row.digest


def test_rows_that_say_nothing_any_more_are_deleted_and_the_others_stay(
    make_app: MakeApp, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(database={"url": database_url})
    for key in "abc":
        allowed(app, 1, key)
    later(monkeypatch, 1800)
    allowed(app, 8, "busy")

    with app.app_context():
        gone = (pruning.free(app), pruning.prune(app))

    assert gone == (3, 3)
    assert allowed(app, 10, "busy") == 2


def test_without_its_table_a_throttle_still_counts_and_says_so_once(
    make_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(create_tables=False)

    assert allowed(app, 30) == 10
    assert [record.message for record in caplog.records if "this process only" in record.message] == [
        "throttles are counted in this process only: the database did not answer (OperationalError)"
    ]


def test_a_count_survives_the_rollback_of_the_request_that_made_it(make_app: MakeApp) -> None:
    app = make_app()
    with app.app_context():
        hit(Limit("one", times=1, per_seconds=60), "a")
        db.session.rollback()
        assert not hit(Limit("one", times=1, per_seconds=60), "a").allowed


def test_who_must_wait_gets_429_with_the_seconds(make_app: MakeApp) -> None:
    app = make_app()
    one = Limit("one", times=1, per_seconds=90)

    @app.get("/try")
    def attempt() -> object:
        verdict = hit(one, "a")
        return "done" if verdict.allowed else throttled_response(verdict)

    client = app.test_client()
    client.get("/try")
    answer = client.get("/try")

    assert answer.status_code == 429
    assert 80 < int(answer.headers["Retry-After"]) <= 90
    assert "Wait 2 minutes" in answer.text


@pytest.mark.parametrize(("times", "per_seconds"), [(0, 60), (10, 0), (-1, 60)])
def test_a_limit_that_limits_nothing_is_refused(times: int, per_seconds: int) -> None:
    with pytest.raises(ValueError, match="are positive"):
        Limit("none", times=times, per_seconds=per_seconds)
