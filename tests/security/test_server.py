"""The gate and the limits behind gunicorn, spoken to in raw HTTP: what a test client cannot send."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

APPLICATION = """
from flask import request
from demijohn import create_app
from demijohn.security.throttle import Limit, hit

app = create_app(__name__)
FIVE = Limit("five", times=5, per_seconds=3600)


@app.get("/five")
def five():
    return ("yes", 200) if hit(FIVE, "everybody").allowed else ("no", 429)


@app.post("/raw")
def raw():
    return str(len(request.get_data()))
"""
ENVIRONMENT = {
    "FLASK_ENVIRONMENT": "production",
    "SECRET_KEY": "q8Zr3nV0xK5tB7mW2yL9cD4fG6hJ1pS8aE0uR5oT",
    "PUBLIC_URL": "https://shop.example",
    "FLASK_SECURITY__PROXIES": "1",
    "FLASK_SECURITY__CSRF_EXEMPT": "raw",
    "FLASK_FEATURES__AUTH": "false",
}
EXEMPT = "\nfrom demijohn.security.csrf import csrf\ncsrf.exempt(raw)\n"
MAKE_TABLES = "import served; from demijohn import db\nwith served.app.app_context(): db.create_all()"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Two gunicorn workers over one SQLite file, as behind one proxy."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "served.py").write_text(APPLICATION + EXEMPT)
    values = {**os.environ, **ENVIRONMENT, "DATABASE_URL": f"sqlite:///{folder}/served.db"}
    subprocess.run([sys.executable, "-c", MAKE_TABLES], cwd=folder, env=values, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    log = (folder / "log").open("wb")
    command = [sys.executable, "-m", "gunicorn", "-w", "2", "--threads", "2", "-b", f"127.0.0.1:{number}", "served:app"]
    server = subprocess.Popen(command, cwd=folder, env=values, stdout=log, stderr=log)
    try:
        wait_for(number, folder / "log", server)
        yield number
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def wait_for(port: int, log: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())


def ask(port: int, request: bytes) -> tuple[int, str]:
    """Status and whole answer of one raw request."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        answer = b""
        with suppress(ConnectionError):  # refused before everything was sent
            connection.sendall(request)
        with suppress(ConnectionError):
            while data := connection.recv(65536):
                answer += data
    text = answer.decode(errors="replace")
    return int((re.match(r"HTTP/1\.[01] (\d+)", text) or ["", "0"])[1]), text


def get(path: str, host: str, *more: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *more, "Connection: close", "", ""]).encode()


def chunked(size: int) -> bytes:
    head = "POST /raw HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    return head.encode() + piece * (size // 65536) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/five", "evil.example"), 400),
        (get("http://evil.example/nothing", "shop.example"), 404),
        (get("/five", "shop.example", "X-Forwarded-Host: evil.example"), 400),
        (b"GET /five HTTP/1.0\r\n\r\n", 400),
        (get("/healthz", "10.0.0.1"), 200),
    ],
    ids=["host", "absolute address", "forwarded host", "no host at all", "probe"],
)
def test_a_foreign_host_is_refused_and_not_repeated(port: int, request_: bytes, status: int) -> None:
    seen, answer = ask(port, request_)

    assert seen == status, answer
    assert "evil" not in answer
    assert "Content-Security-Policy:" in answer


def test_over_tls_at_the_proxy_browsers_are_told_to_insist_on_it(port: int) -> None:
    _, answer = ask(port, get("/nothing", "shop.example", "X-Forwarded-Proto: https"))

    assert "Strict-Transport-Security: max-age=31536000" in answer


def test_a_chunked_body_is_read_up_to_the_limit_and_refused_past_it(port: int) -> None:
    mib = 1_048_576

    assert ask(port, chunked(4 * mib))[1].endswith(str(4 * mib))
    assert ask(port, chunked(17 * mib))[0] in {413, 0}  # 0: the connection was closed before the answer could be read


def test_two_workers_share_one_count(port: int) -> None:
    answers = [ask(port, get("/five", "shop.example"))[0] for _ in range(20)]

    assert sorted(answers) == [200] * 5 + [429] * 15
