"""The id and the line of a request."""

import logging
import os
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

import pytest
from flask import Flask, abort, g, request, session

TOKEN = "Zk3_9fQx7Lr2mVbN8sTy4uWq-1aEcGhJ"


def add_views(app: Flask) -> Flask:
    @app.route("/reset/<token>", methods=["GET", "POST"])
    def reset(token: str) -> dict[str, int]:
        return {"characters": len(token)}

    @app.get("/fails/<token>")
    def fails(token: str) -> str:
        raise RuntimeError("cannot reach postgresql://shop:s3cret@db/shop")

    @app.get("/sign-in")
    def sign_in() -> str:
        session["_user_id"] = "7"
        return ""

    app.add_url_rule("/public", "public", lambda: {"id": g.request_id})
    app.add_url_rule("/read", "read", lambda: {"user": session.get("_user_id")})
    app.add_url_rule("/abort/<int:code>", "abort", abort)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def app(make_app) -> Flask:
    return add_views(make_app())


@pytest.fixture
def lines(app: Flask, caplog):
    """The request lines so far."""
    caplog.set_level(logging.INFO, logger="shop.access")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "shop.access"]


def test_each_response_has_an_id_of_its_own_and_views_see_it(app: Flask) -> None:
    client = app.test_client()

    first, second = client.get("/public"), client.get("/public")

    assert first.headers["X-Request-ID"] == first.json["id"]
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]


@pytest.mark.parametrize("path", ["/nowhere", "/fails/x", "/_demijohn/tokens.css", "/healthz", "/readyz"])
def test_every_kind_of_response_has_an_id(app: Flask, path: str) -> None:
    with app.test_client().get(path) as response:
        assert len(response.headers["X-Request-ID"]) == 32


def test_nobody_chooses_the_id_without_a_proxy(app: Flask) -> None:
    response = app.test_client().get("/public", headers={"X-Request-ID": "chosen-by-me"})

    assert response.headers["X-Request-ID"] != "chosen-by-me"


@pytest.mark.parametrize(
    ("incoming", "kept"),
    [("f4b1c2d3-0a9b", True), ("short", False), ("a" * 129, False), ("with space 1", False), ("<script>12", False)],
)
def test_a_proxys_id_is_kept_if_it_is_sane(make_app, incoming: str, kept: bool) -> None:
    app = add_views(make_app(security={"proxies": 1}))

    response = app.test_client().get("/public", headers={"X-Request-ID": incoming})

    assert (response.headers["X-Request-ID"] == incoming) is kept


def test_each_request_is_one_line(app: Flask, lines) -> None:
    response = app.test_client().get("/public?page=2")

    assert len(lines()) == 1
    assert lines()[0].startswith("GET /public?page=2 200 ")
    assert lines()[0].endswith(f" ms request={response.headers['X-Request-ID']}")


def test_the_line_names_the_user_only_if_the_session_was_read(app: Flask, lines) -> None:
    client = app.test_client()
    client.get("/sign-in")
    client.get("/public")
    client.get("/read")

    assert ["user=7" in line for line in lines()] == [True, False, True]


def test_no_secret_of_a_request_is_in_the_log(app: Flask, lines, caplog) -> None:
    client = app.test_client()
    client.set_cookie("session", "s" + TOKEN)
    client.post(
        f"/reset/{TOKEN}?token={TOKEN}2&email=ada@example.com",
        data={"password": "hunter2hunter2"},
        headers={"Authorization": f"Bearer {TOKEN}3"},
    )
    client.get(f"/auth/reset/{TOKEN}")

    assert len(lines()) == 2
    for secret in (TOKEN, "hunter2", "ada@example.com", "Bearer"):
        assert secret not in caplog.text


def test_an_exception_is_logged_once_with_its_id_and_without_secrets(app: Flask, caplog) -> None:
    response = app.test_client().get(f"/fails/{TOKEN}")

    failures = [record for record in caplog.records if record.exc_info]
    assert len(failures) == 1
    assert f"request={response.headers['X-Request-ID']}" in failures[0].getMessage()
    assert "Traceback" in caplog.text
    assert TOKEN not in caplog.text
    assert "s3cret" not in caplog.text


def test_the_error_page_shows_the_id_of_the_log(app: Flask) -> None:
    client = app.test_client()

    page = client.get("/fails/x", headers={"Accept": "text/html"})
    problem = client.get("/abort/404", headers={"Accept": "application/json"})

    assert page.headers["X-Request-ID"] in page.text
    assert problem.json["request_id"] == problem.headers["X-Request-ID"]
    assert problem.json["instance"].startswith("urn:uuid:")


def test_a_line_break_in_the_address_makes_no_second_line(app: Flask, lines) -> None:
    app.test_client().get("/public%0AINFO%20forged")

    assert "\n" not in lines()[0]
    assert "%0AINFO" in lines()[0]


def test_request_lines_can_be_switched_off(make_app, caplog) -> None:
    app = add_views(make_app(observability={"request_log": False}))
    caplog.set_level(logging.INFO)

    app.test_client().get("/public")

    assert [record for record in caplog.records if record.name == "shop.access"] == []


PROGRAM = """
import logging
handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
from demijohn import Settings, create_app

{before}
app = create_app("nowhere", Settings(environment="testing", secret_key="a-key-for-tests-only-0123456789-abcdefghij"))
app.add_url_rule("/", "first", lambda: "hello")
app.test_client().get("/")
assert (logging.getLogger("werkzeug").filters, logging.getLogger().filters) == ([], [])
{after}
"""
UNTOUCHED = "assert (logging.getLogger().handlers, logging.getLogger().level) == (handlers, level)"


def run(before: str, after: str, folder) -> str:
    (folder / "nowhere.py").write_text("")
    program = PROGRAM.format(before=before, after=after)
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_lines_are_shown_when_nobody_configured_logging_and_the_root_logger_is_untouched(tmp_path) -> None:
    assert "GET / 200" in run("", UNTOUCHED, tmp_path)


def test_a_configured_level_holds(tmp_path) -> None:
    assert "GET /" not in run("logging.basicConfig(level=logging.WARNING)", "", tmp_path)
    assert run("logging.basicConfig(level=logging.INFO)", "", tmp_path).count("GET / 200") == 1


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


SERVED = """
import os
from demijohn import Settings, create_app

key = "a-key-for-tests-only-0123456789-abcdefghij"
app = create_app("served", Settings(environment="testing", secret_key=key, observability={"request_log": %s}))
app.add_url_rule("/reset/<token>", "reset", lambda token: "hello")
app.run(port=int(os.environ["PORT"]))
"""


@pytest.mark.parametrize("request_log", [True, False], ids=["own lines", "the server's lines"])
def test_the_development_server_writes_no_token(tmp_path, request_log: bool) -> None:
    (tmp_path / "served.py").write_text(SERVED % request_log)
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "served"],
        cwd=tmp_path,
        env={**os.environ, "PORT": str(port)},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            statuses = [ask(port, f"/reset/{TOKEN}?code={TOKEN}") for _ in range(2)]
        finally:
            server.terminate()
        log = server.stderr.read()

    assert statuses == [200, 200]
    assert TOKEN not in log
    assert log.count("/reset/***?code=***") == 2


def ask(port: int, path: str) -> int:
    for _ in range(100):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionRefusedError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError("the server did not start")


def test_the_id_is_offered_before_any_code_of_the_project_runs(make_app) -> None:
    app = make_app()
    seen: list[str] = []
    app.before_request(lambda: seen.append(g.request_id) or None)

    response = app.test_client().get("/nowhere")

    assert seen == [response.headers["X-Request-ID"]]
    assert "request_id" not in request_free_globals(app)


def request_free_globals(app: Flask) -> list[str]:
    with app.app_context():
        return list(g)


def test_outside_a_request_the_applications_log_works(app: Flask, caplog) -> None:
    app.logger.warning("stock is low: %s", 3)

    assert "stock is low: 3" in caplog.text
    assert not request
