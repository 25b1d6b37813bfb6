"""Real servers: several processes send each message once, and a killed one's mail is taken over."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from mailroom import Mailroom, free_port

SHOP = """
from flask import request
from demijohn import Settings, create_app, db
from demijohn.mail import send_mail

app = create_app(__name__, Settings(
    environment="production", public_url="https://shop.example", secret_key="kJ8s!x-kJ9t!y-kJ7u!z-0123456789aBcDeF",
    database={{"url": "{url}"}}, features={{"security": False, "sessions": False, "audit": False}},
    mail={{"url": "smtp://127.0.0.1:{port}", "poll_seconds": 0.3, "lease_seconds": 5}},
))

@app.get("/order/<name>")
def order(name):
    send_mail("ada@example.com", subject=name, text="x")
    if name.startswith("undone"):
        db.session.rollback()
    db.session.commit()
    return "thanks"
"""

Serve = Callable[[str], tuple[subprocess.Popen[bytes], str]]


@pytest.fixture
def serve(tmp_path: Path, port: int) -> Iterator[Serve]:
    running: list[subprocess.Popen[bytes]] = []

    def start(url: str) -> tuple[subprocess.Popen[bytes], str]:
        (tmp_path / "mailshop.py").write_text(SHOP.format(url=url, port=port))
        make = "from mailshop import app, db\nwith app.app_context(): db.create_all()"
        subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True)
        bind = f"127.0.0.1:{free_port()}"
        command = [sys.executable, "-m", "gunicorn", "-w2", "--threads=4", "--preload", "-b", bind, "mailshop:app"]
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
        running.append(process)
        return process, f"http://{bind}"

    yield start
    for process in running:
        process.terminate()
        process.wait(20)


def ask(address: str, *, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while True:
        try:
            question = urllib.request.Request(address, headers={"Host": "shop.example"})
            with urllib.request.urlopen(question, timeout=10) as response:
                assert response.status == 200
                return
        except (ConnectionError, urllib.error.URLError) as error:
            if isinstance(error, urllib.error.HTTPError) or time.monotonic() > ends:
                raise
            time.sleep(0.1)


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not condition():
        time.sleep(0.05)
    return condition()


def subjects(mailroom: Mailroom) -> list[str]:
    return sorted(str(message_from_bytes(one.raw)["Subject"]) for one in mailroom.received)


@pytest.mark.slow
def test_two_processes_send_each_committed_message_once(
    serve: Serve, database_url: str, server: Any, mailroom: Mailroom
) -> None:
    _, site = serve(database_url)
    for number in range(20):
        ask(f"{site}/order/kept-{number}")
        ask(f"{site}/order/undone-{number}")

    assert until(lambda: len(mailroom.received) >= 20)
    time.sleep(1)
    assert subjects(mailroom) == sorted(f"kept-{number}" for number in range(20))


@pytest.mark.slow
def test_what_a_killed_process_was_sending_is_sent_by_another(
    serve: Serve, database_url: str, start_server: Callable[..., Any], port: int, mailroom: Mailroom
) -> None:
    import socket

    process, site = serve(database_url)
    with socket.create_server(("127.0.0.1", port)):  # silent: the sender hangs with its lease
        ask(f"{site}/order/first")
        time.sleep(1)
        for child in children_of(process.pid):
            os.kill(child, signal.SIGKILL)
    start_server(port)
    ask(f"{site}/order/second")

    assert until(lambda: len(mailroom.received) == 2)
    time.sleep(0.5)
    assert subjects(mailroom) == ["first", "second"]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
