"""Delivery by the thread of a serving process, and never elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from mailroom import Mailroom, states

from demijohn import db
from demijohn.mail import send_mail
from demijohn.mail.state import mail_of

SERVED = {"SERVER_SOFTWARE": "Werkzeug/3"}  # as `flask run` says; the test client names no server


def is_running() -> bool:
    return any(thread.name == "demijohn-mail" for thread in threading.enumerate())


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def serving(make_app: Any, database_url: str, port: int) -> Iterator[Callable[..., Flask]]:
    """Makes applications that behave as they do under a server; their threads end with the test."""
    made: list[Flask] = []

    def make(**mail: Any) -> Flask:
        options = {"url": f"smtp://127.0.0.1:{port}", "timeout_seconds": 2, "poll_seconds": 0.2, **mail}
        app = make_app(environment="development", database={"url": database_url}, mail=options, create_tables=not made)
        app.config["WTF_CSRF_ENABLED"] = False

        @app.post("/order")
        def order() -> str:
            send_mail("ada@example.com", subject="Order", text="x")
            db.session.commit()
            return "thanks"

        @app.get("/public")
        def public() -> str:
            return "hello"

        made.append(app)
        return app

    yield make
    for app in made:
        for deliverer in mail_of(app).postman.threads.values():
            deliverer.close()
    assert until(lambda: not is_running())


def test_a_request_that_commits_a_message_starts_delivery(
    serving: Callable[..., Flask], server: Any, mailroom: Mailroom
) -> None:
    app = serving()

    assert app.test_client().post("/order", environ_overrides=SERVED).status_code == 200
    assert until(lambda: len(mailroom.received) == 1)
    assert until(lambda: states(app) == ["sent"])


def test_a_silent_server_does_not_hold_the_request(serving: Callable[..., Flask], port: int) -> None:
    import socket

    app = serving()
    with socket.create_server(("127.0.0.1", port)):
        app.test_client().get("/public")
        began = time.monotonic()
        response = app.test_client().post("/order", environ_overrides=SERVED)
        took = time.monotonic() - began

    assert response.status_code == 200
    assert took < 1


def test_a_dead_server_fails_no_request_and_loses_nothing(
    serving: Callable[..., Flask], start_server: Callable[..., Any], port: int, mailroom: Mailroom
) -> None:
    app = serving(retry_seconds=0.3)
    assert app.test_client().post("/order", environ_overrides=SERVED).status_code == 200
    time.sleep(0.5)
    start_server(port)

    assert until(lambda: len(mailroom.received) == 1)


def test_no_thread_runs_before_the_first_message(serving: Callable[..., Flask]) -> None:
    app = serving()
    app.test_client().get("/public", environ_overrides=SERVED)
    time.sleep(0.3)

    assert not is_running()


def test_a_test_client_starts_no_thread(serving: Callable[..., Flask], server: Any) -> None:
    app = serving()
    assert app.test_client().post("/order").status_code == 200

    assert not is_running()
    assert states(app) == ["waiting"]


def test_where_told_so_no_thread_runs(serving: Callable[..., Flask], server: Any) -> None:
    app = serving(sender="none")
    app.test_client().post("/order", environ_overrides=SERVED)

    assert not is_running()
    assert states(app) == ["waiting"]


def test_a_new_process_goes_on_with_what_an_earlier_one_left(
    serving: Callable[..., Flask], server: Any, mailroom: Mailroom
) -> None:
    earlier = serving(sender="none")
    earlier.test_client().post("/order", environ_overrides=SERVED)
    later = serving()
    later.test_client().get("/public", environ_overrides=SERVED)

    assert until(lambda: len(mailroom.received) == 1)


def test_a_thread_that_ends_amid_a_message_gives_it_back(
    serving: Callable[..., Flask], port: int, mailroom: Mailroom
) -> None:
    import socket

    app = serving(timeout_seconds=5, poll_seconds=60)
    with socket.create_server(("127.0.0.1", port)):
        app.test_client().post("/order", environ_overrides=SERVED)
        assert until(lambda: lease_of(app) is not None)
        (deliverer,) = mail_of(app).postman.threads.values()
        deliverer.close(timeout_seconds=0.1)

        assert lease_of(app) is None


def lease_of(app: Flask) -> str | None:
    from demijohn.mail.models import OutgoingMail

    with app.app_context():
        return db.session.query(OutgoingMail).one().lease
