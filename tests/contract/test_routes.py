"""Every route is asked, by a stranger and by an administrator: nothing is open that is not on the list."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.conftest import MakeApp
from werkzeug.routing import Rule

from demijohn import db
from demijohn.testing_client import Client, sign_in

PUBLIC = {
    "admin.static",  # Flask-Admin's own files, nothing of the application
    "auth.confirm",  # works on the token of a mailed link, as do the others below
    "auth.confirm_link",
    "auth.email_link",
    "auth.email_undo",
    "auth.email_undo_link",
    "auth.forgot",
    "auth.invite",
    "auth.invite_link",
    "auth.link_confirm",
    "auth.link_link",
    "auth.login",
    "auth.login_link",
    "auth.register",
    "auth.reset",
    "auth.reset_link",
    "demijohn.static",
    "static",
}
"""Endpoints a stranger may get an answer from; health is answered before any route."""

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b.*?\b(?:INTO|FROM|UPDATE)?\s*\"?(\w+)\"?", re.IGNORECASE | re.DOTALL)
OWN_BOOKKEEPING = {"session", "throttle", "user_session"}
"""Tables that a reading request may write: when the session was last seen, how often it asked."""


def address(rule: Rule) -> str:
    values = dict.fromkeys(rule.arguments, "1")
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda m: values[m[1]], rule.rule)


def routes(app: Flask, method: str) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or set()):
            yield rule.endpoint, address(rule)


def is_closed(response: Any) -> bool:
    location = response.headers.get("Location", "")
    return response.status_code in {400, 401, 403, 404, 405} or "/auth/login" in location


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """With every way in that the settings can open."""
    return make_app(public_url="http://localhost", auth={"registration": "open", "magic_link": True})


def test_a_stranger_gets_nothing_but_what_is_on_the_list(app: Flask) -> None:
    client = app.test_client()

    open_routes = {
        endpoint for endpoint, path in routes(app, "GET") if not is_closed(client.get(path)) and endpoint not in PUBLIC
    }

    assert open_routes == set()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_written_without_a_token(app: Flask, method: str) -> None:
    client = Client(app, app.response_class)
    sign_in(client, "root@example.com", superuser=True)

    accepted = {
        endpoint
        for endpoint, path in routes(app, method)
        if client.open(path, method=method, csrf=False).status_code not in {400, 403, 404, 405}
    }

    assert accepted == set()


def test_no_route_writes_on_get(app: Flask) -> None:
    client = Client(app, app.response_class)
    sign_in(client, "root@example.com", superuser=True)
    written: set[tuple[str, str]] = set()
    asked = ""

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (match := WRITES.match(statement)) and match[2].lower() not in OWN_BOOKKEEPING:
            written.add((asked, statement.split("\n", maxsplit=1)[0][:80]))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    for endpoint, path in routes(app, "GET"):
        asked = endpoint
        client.get(path).close()
    sa.event.remove(engine, "before_cursor_execute", note)

    assert written == set()
