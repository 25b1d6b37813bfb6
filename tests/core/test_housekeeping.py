"""Work that comes round: in a thread of a serving process, and never elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, current_app

from demijohn import Battery
from demijohn.contributions import Job
from demijohn.housekeeping import KEY, Keeper
from demijohn.section import Section

SERVED = {"SERVER_SOFTWARE": "Werkzeug/3"}  # as `flask run` says; the test client names no server


BEFORE: set[threading.Thread] = set()
"""What ran when the test began: an application of an earlier one may still be served."""


@pytest.fixture(autouse=True)
def only_threads_of_this_test() -> None:
    BEFORE.clear()
    BEFORE.update(threading.enumerate())


def running() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "demijohn-housekeeping" and one not in BEFORE]


def is_running() -> bool:
    return bool(running())


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not condition():
        time.sleep(0.02)
    return condition()


@pytest.fixture
def serve(make_app: Any) -> Iterator[Callable[..., Flask]]:
    """Makes an application with these jobs that behaves as under a server, and looks at once."""
    keepers: list[Keeper] = []

    def make(*jobs: Job, **settings: Any) -> Flask:
        extra = Battery(name="extra", section=Section, init=lambda app, section: None, jobs=jobs)
        app: Flask = make_app(batteries=[extra], environment="development", **settings)
        keepers.append(app.extensions[KEY])
        keepers[-1].first_within_seconds = 0
        return app

    yield make
    for keeper in keepers:
        keeper.close()
    assert not is_running()


def test_a_served_request_starts_the_jobs_and_each_runs_until_nothing_is_left(serve: Callable[..., Flask]) -> None:
    left, seen = [3, 2, 1], []

    def work(app: Flask) -> int:
        seen.append((current_app.name, threading.current_thread().name))
        return left.pop() if left else 0

    app = serve(Job(name="pieces", run=work))
    app.test_client().get("/healthz", environ_overrides=SERVED)
    assert app.test_client().get("/", environ_overrides=SERVED).status_code < 500

    assert until(lambda: len(seen) == 4)
    assert set(seen) == {("shop", "demijohn-housekeeping")}


def test_a_job_that_fails_stops_no_other_and_is_logged_once(
    serve: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    rounds: list[int] = []

    def fail(app: Flask) -> int:
        raise ZeroDivisionError

    def count(app: Flask) -> int:
        rounds.append(1)
        return 0

    app = serve(Job(name="broken", run=fail, every_seconds=0.01), Job(name="fine", run=count, every_seconds=0.01))
    app.test_client().get("/", environ_overrides=SERVED)

    assert until(lambda: len(rounds) > 3)
    assert [record.getMessage() for record in caplog.records if "broken" in record.getMessage()] == [
        "housekeeping: broken failed (ZeroDivisionError)"
    ]


@pytest.mark.parametrize(
    ("settings", "served"),
    [({}, False), ({"housekeeping": "none"}, True), ({"environment": "testing"}, True)],
    ids=["a test client", "switched off", "under test"],
)
def test_elsewhere_no_thread_starts(make_app: Any, settings: dict[str, Any], served: bool) -> None:
    app = make_app(**{"environment": "development", **settings})

    app.test_client().get("/", environ_overrides=SERVED if served else {})

    assert not is_running()


def test_a_process_starts_one_thread_though_many_requests_come(serve: Callable[..., Flask]) -> None:
    app = serve(Job(name="pieces", run=lambda app: 0))
    for _ in range(5):
        app.test_client().get("/", environ_overrides=SERVED)

    assert len(running()) == 1


def test_a_served_application_seals_its_log(serve: Callable[..., Flask]) -> None:
    from demijohn import audit, db
    from demijohn.audit.verifying import verify

    app = serve()
    with app.app_context():
        audit.record("order.printed")
        db.session.commit()

    app.test_client().get("/", environ_overrides=SERVED)

    def entries() -> int:
        with app.app_context():
            return verify(app).entries

    assert until(lambda: entries() == 1)
