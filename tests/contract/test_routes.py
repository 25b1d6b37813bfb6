"""Every route is asked, by a stranger and by an administrator: nothing is open that is not on the list."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    "demijohn_admin.theme",  # the accent, on sign-in pages too
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


PROVIDER = {"issuer": "https://id.example", "client_id": "shop", "client_secret": "not-a-real-one"}
SIGNED_BY_THE_PROVIDER = {"auth.oidc_backchannel_logout"}
"""What another server calls: its signature is the proof, and tests/auth/oidc forges it."""
NO_TOKEN = "This page was open too long"
"""How the guard against forged requests begins its refusal; no view says so."""


@pytest.fixture(params=["testing", "development"])
def every_route(request: pytest.FixtureRequest, make_app: MakeApp) -> Flask:
    """With what has to be switched on, and with the pages that only development has."""
    auth = {"registration": "open", "magic_link": True, "passkeys": {"enabled": True}, "oidc": {"main": PROVIDER}}
    return make_app(environment=request.param, public_url="http://localhost", auth=auth)


def somebody_elses(app: Flask) -> dict[str, str]:
    return {"X-CSRFToken": Client(app, app.response_class).token(None)}


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda app: {}, id="nothing"),
        pytest.param(lambda app: {"X-CSRFToken": "IjEi.aaaaaa.bbbbbb"}, id="made up"),
        pytest.param(somebody_elses, id="another session's token"),
        pytest.param(lambda app: {"Authorization": "Bearer made-up"}, id="a bearer token that is none"),
    ],
)
def test_no_view_is_reached_without_a_token_of_this_session(
    every_route: Flask, forged: Callable[[Flask], dict[str, str]]
) -> None:
    """The guard itself refuses, not a view that found a field missing."""
    app = every_route
    client = Client(app, app.response_class)
    sign_in(client, "root@example.com", superuser=True)
    headers = {"Accept": "application/json", **forged(app)}
    refused, reached = 0, set()

    with written_by(app) as written:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            for endpoint, path in routes(app, method):
                if endpoint in SIGNED_BY_THE_PROVIDER:
                    continue
                answer = client.open(path, method=method, csrf=False, headers=headers)
                told = str((answer.get_json(silent=True) or {}).get("detail", ""))
                is_refused = (answer.status_code == 400 and told.startswith(NO_TOKEN)) or (
                    answer.status_code == 401 and "Authorization" in headers
                )
                refused += is_refused
                reached |= set() if is_refused else {(endpoint, method, answer.status_code)}

    assert reached == set()
    assert refused > 60
    assert written == set()


@contextmanager
def written_by(app: Flask) -> Iterator[set[str]]:
    """The statements that change a table while the block runs, but for bookkeeping."""
    written: set[str] = set()

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (match := WRITES.match(statement)) and match[2].lower() not in OWN_BOOKKEEPING:
            written.add(statement.split("\n", maxsplit=1)[0][:80])

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    yield written
    sa.event.remove(engine, "before_cursor_execute", note)


def test_no_route_writes_on_get(app: Flask) -> None:
    client = Client(app, app.response_class)
    sign_in(client, "root@example.com", superuser=True)

    found = {}
    for endpoint, path in routes(app, "GET"):
        with written_by(app) as written:
            client.get(path).close()
        found |= {endpoint: written} if written else {}

    assert found == {}
