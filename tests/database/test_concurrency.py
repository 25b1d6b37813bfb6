"""Several processes and threads at one database: nothing lost, no reader waits, a lock that lasts is a 503."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from counting import Count, make
from flask import Flask

from demijohn import db
from demijohn.database.base import Model

SAMPLE = Path(__file__).parent.parent / "sample"


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    app = make(database_url, lock_wait_seconds=0.3)
    with app.app_context():
        db.create_all()
        db.session.add(Count())
        db.session.commit()
    yield app
    with app.app_context():
        db.engine.dispose()


def post_from_two_processes(url: str, path: str, *, threads: int = 4, times: int = 50) -> list[dict[str, int]]:
    command = [sys.executable, str(SAMPLE / "counting.py"), url, path, str(threads), str(times)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return [json.loads(process.communicate(timeout=120)[0]) for process in running]


def test_eight_writers_in_two_processes_lose_nothing(app: Flask, database_url: str) -> None:
    answers = post_from_two_processes(database_url, "/add")

    assert answers == [{"200": 200}, {"200": 200}]
    assert app.test_client().get("/").text == "400"


def test_reading_first_and_writing_later_fails_for_nobody(app: Flask, database_url: str) -> None:
    answers = post_from_two_processes(database_url, "/look-then-add", times=25)

    assert answers == [{"200": 100}, {"200": 100}]
    assert app.test_client().get("/").text == "200"


def hold_lock(app: Flask, locked: threading.Event, release: threading.Event) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.update(Count).where(Count.id == 1).values(value=99))
        locked.set()
        release.wait(10)


@pytest.fixture
def writer(app: Flask) -> Iterator[None]:
    """Another transaction that has written and does not finish."""
    locked, release = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold_lock, args=(app, locked, release))
    thread.start()
    assert locked.wait(10)
    yield
    release.set()
    thread.join()


@pytest.mark.usefixtures("writer")
def test_reader_does_not_wait_for_a_writer(app: Flask) -> None:
    began = time.monotonic()

    answer = app.test_client().get("/")

    assert answer.text == "0"
    assert time.monotonic() - began < 0.25


@pytest.mark.usefixtures("writer")
def test_lock_that_lasts_is_503_with_retry_after(app: Flask) -> None:
    answer = app.test_client().post("/add")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "SELECT" not in answer.text
    assert app.test_client().get("/").status_code == 200


def test_any_other_database_error_stays_a_500(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    assert app.test_client().get("/broken").status_code == 500


def test_streamed_read_holds_no_write_lock(app: Flask) -> None:
    with app.app_context():
        db.session.add_all(Count() for _ in range(100))
        db.session.commit()
    rows = app.test_client().get("/stream", buffered=False).iter_encoded()
    next(rows)

    with ThreadPoolExecutor(1) as pool:  # another thread: this one is inside the stream's application context
        assert pool.submit(lambda: app.test_client().post("/add").status_code).result() == 200
    assert sum(1 for _ in rows) == 100


@pytest.mark.postgres
def test_database_that_is_away_is_503(tmp_path: Path) -> None:
    del tmp_path
    app = make("postgresql://nobody@127.0.0.1:9/nothing")

    answer = app.test_client().get("/")

    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text


@pytest.mark.postgres
def test_lost_connections_are_replaced_without_an_error(postgres_url: str) -> None:
    app = make(postgres_url)
    with app.app_context():
        db.create_all()
        db.session.add(Count())
        db.session.commit()
        other = sa.create_engine(db.engine.url, isolation_level="AUTOCOMMIT")
    with other.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()

    assert app.test_client().get("/").text == "0"
    with app.app_context():
        db.engine.dispose()


FORK = """
import os, sys
import sqlalchemy as sa
from counting import Count, make
from demijohn import db
app = make(sys.argv[1])
whoami = sa.text("SELECT pg_backend_pid()" if "postgres" in sys.argv[1] else "SELECT 1")
with app.app_context():
    mine = db.session.scalar(whoami)
    db.session.rollback()
child = os.fork()
if child == 0:
    with app.app_context():
        assert "postgres" not in sys.argv[1] or db.session.scalar(whoami) != mine
        assert db.session.scalar(sa.select(Count.value)) == 0
        db.session.execute(sa.update(Count).values(value=7))
        db.session.commit()
    os._exit(0)
_, status = os.waitpid(child, 0)
with app.app_context():
    assert status == 0
    assert db.session.scalar(whoami) == mine
    assert db.session.scalar(sa.select(Count.value)) == 7
print("well")
"""


def test_child_process_does_not_use_its_parents_connections(app: Flask, database_url: str) -> None:
    with app.app_context():
        db.engine.dispose()

    done = subprocess.run(
        [sys.executable, "-c", FORK, database_url],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(SAMPLE)},
    )

    assert done.stdout == "well\n", done.stderr


def test_two_sessions_over_one_memory_database_keep_their_writes() -> None:
    app = make("sqlite://")
    with app.app_context():
        db.create_all()
        db.session.add(Count(value=5))
        db.session.flush()
        with db.engine.connect() as other:
            assert other.scalar(sa.select(Count.value)) == 5
        db.session.commit()
        assert db.session.scalar(sa.select(Count.value)) == 5
    assert Model.metadata.tables["counting_count"] is Count.__table__
