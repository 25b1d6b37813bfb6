"""Errors: a page for people, problem+json for programs, no internals for anybody."""

import json

import pytest
from flask import Flask, abort
from werkzeug.exceptions import HTTPException, ServiceUnavailable

ONLY_CORE = {"database": False, "security": False, "forms": False, "observability": False}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def add_views(app: Flask) -> Flask:
    @app.get("/fails")
    def fails() -> str:
        raise RuntimeError("password=hunter2 in a dict")

    app.add_url_rule("/abort/<int:code>", "abort", abort)
    app.add_url_rule("/said", "said", lambda: abort(409, "Somebody else has <changed> this order."))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.fixture
def app(make_app) -> Flask:
    return add_views(make_app())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 415, 418, 422, 429, 500, 502, 503])
def test_each_error_is_a_page_with_a_heading_and_what_to_do(app: Flask, status: int) -> None:
    response = app.test_client().get(f"/abort/{status}", headers={"Accept": BROWSER})

    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert f"Error {status}" in response.text
    assert "<h1>" in response.text
    assert "<title>" in response.text


def test_an_address_that_is_not_there_says_so(app: Flask) -> None:
    assert "There is nothing at this address" in app.test_client().get("/nowhere").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/json"},
        {"Accept": "application/problem+json"},
        {"Accept": "application/json, text/html;q=0.5"},
        {"Content-Type": "application/json", "Accept": "*/*"},
        {"Content-Type": "application/json"},
        {"Accept": "application/vnd.api+json"},
    ],
    ids=["json", "problem", "json first", "json body", "json body, no Accept", "another kind of json"],
)
def test_programs_get_problem_json(app: Flask, headers: dict[str, str]) -> None:
    response = app.test_client().get("/nowhere", headers=headers)

    assert response.mimetype == "application/problem+json"
    assert response.json | {"type": "about:blank", "title": "Not Found", "status": 404} == response.json


@pytest.mark.parametrize(
    "accept",
    [BROWSER, "*/*", "", "text/html", "text/html, application/json;q=0.9", "nonsense;;q=x,,"],
    ids=["browser", "anything", "nothing", "html", "html first", "nonsense"],
)
def test_others_get_a_page(app: Flask, accept: str) -> None:
    assert app.test_client().get("/nowhere", headers={"Accept": accept}).mimetype == "text/html"


def test_what_the_view_said_is_shown_and_escaped(app: Flask) -> None:
    client = app.test_client()

    assert "Somebody else has &lt;changed&gt; this order." in client.get("/said").text
    problem = client.get("/said", headers={"Accept": "application/json"}).json
    assert problem["detail"] == "Somebody else has <changed> this order."


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_an_unhandled_exception_shows_nothing_of_itself(app: Flask, accept: str, caplog) -> None:
    response = app.test_client().get("/fails", headers={"Accept": accept})

    assert response.status_code == 500
    for internal in ("hunter2", "RuntimeError", "Traceback", "test_errorpages"):
        assert internal not in response.text
    assert "hunter2" in caplog.text


def test_head_has_the_status_and_no_body(app: Flask) -> None:
    response = app.test_client().head("/nowhere")

    assert (response.status_code, response.data) == (404, b"")


def test_headers_that_say_what_to_do_are_kept(app: Flask) -> None:
    @app.get("/later")
    def later() -> str:
        raise ServiceUnavailable(retry_after=30)

    client = app.test_client()

    assert client.get("/later").headers["Retry-After"] == "30"
    assert set(client.post("/said", base_url="http://localhost").headers.get("Allow", "").split(", ")) >= {"GET"}


def test_error_pages_are_not_kept_by_caches(app: Flask) -> None:
    assert app.test_client().get("/nowhere").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("handled", [404, HTTPException, Exception], ids=["the code", "HTTPException", "Exception"])
def test_the_projects_own_handler_wins(app: Flask, handled) -> None:
    app.register_error_handler(handled, lambda error: ("mine", 404))

    assert app.test_client().get("/nowhere").text == "mine"


def test_the_projects_own_page_wins(app: Flask, tmp_path) -> None:
    from jinja2 import DictLoader

    app.jinja_loader = DictLoader({"demijohn/error.html": "{{ status }} in our own words"})

    assert app.test_client().get("/nowhere").text == "404 in our own words"


def test_a_broken_page_of_the_project_still_gives_the_error(app: Flask) -> None:
    from jinja2 import DictLoader

    app.jinja_loader = DictLoader({"demijohn/error.html": "{{ undefined_thing.attribute }}"})

    response = app.test_client().get("/nowhere")

    assert response.status_code == 404
    assert "There is nothing at this address" in response.text


def test_context_processors_are_not_asked(app: Flask) -> None:
    @app.context_processor
    def asks_the_database() -> dict[str, str]:
        raise RuntimeError("the database is down")

    response = app.test_client().get("/nowhere")

    assert response.status_code == 404
    assert "There is nothing at this address" in response.text


def test_debug_keeps_the_debugger_for_exceptions(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = None
    app.debug = True

    with pytest.raises(RuntimeError, match="hunter2"):
        app.test_client().get("/fails")


@pytest.mark.parametrize("path", ["/nowhere", "/fails"])
def test_pages_work_with_the_core_alone(make_app, path: str) -> None:
    app = add_views(make_app(features=ONLY_CORE))

    response = app.test_client().get(path, headers={"Accept": BROWSER})

    assert response.status_code in {404, 500}
    assert "<h1>" in response.text


def test_pages_work_while_the_database_does_not(make_app, tmp_path) -> None:
    app = add_views(make_app(create_tables=False, database={"url": f"sqlite:///{tmp_path}/missing/folder.db"}))
    client = app.test_client()
    client.set_cookie("session", "s" + "x" * 86)

    response = client.get("/nowhere", headers={"Accept": BROWSER})

    assert response.status_code == 404
    assert "There is nothing at this address" in response.text


def test_a_redirect_and_a_ready_response_are_left_alone(app: Flask) -> None:
    from werkzeug.wrappers import Response

    app.add_url_rule("/folder/", "folder", lambda: "")
    app.add_url_rule("/own", "own", lambda: abort(Response("own words", 404)))
    client = app.test_client()

    assert client.get("/folder").status_code == 308
    assert client.get("/own").text == "own words"


def test_problem_json_is_plain_json(app: Flask) -> None:
    body = app.test_client().get("/abort/429", headers={"Accept": "application/json"}).data

    assert json.loads(body)["title"] == "Too Many Requests"
