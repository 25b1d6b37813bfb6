"""A real mail server for tests, and an application that sends to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from mailroom import Mailroom, free_port


@pytest.fixture
def mailroom() -> Mailroom:
    return Mailroom()


@pytest.fixture
def start_server(mailroom: Mailroom) -> Iterator[Callable[..., Controller]]:
    started: list[Controller] = []

    def start(port: int, **options: Any) -> Controller:
        controller = Controller(mailroom, hostname="127.0.0.1", port=port, **options)
        controller.start()
        started.append(controller)
        return controller

    yield start
    for controller in started:
        controller.stop(no_assert=True)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(start_server: Callable[..., Controller], port: int) -> Controller:
    return start_server(port)


@pytest.fixture
def mail_app(make_app: Any, database_url: str, port: int) -> Flask:
    """An application that sends to the server's port; without a thread, tests deliver by `deliver`."""
    return make_app(
        database={"url": database_url},
        mail={"url": f"smtp://127.0.0.1:{port}", "backend": "smtp", "retry_seconds": 60, "timeout_seconds": 2},
    )
