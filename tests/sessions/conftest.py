"""A small application whose views do to the session what people's views do."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, flash, get_flashed_messages, render_template_string, request, session

from demijohn import clock, db
from demijohn.sessions import principal

FORM = '<form method="post"><input name="csrf_token" value="{{ csrf_token() }}"></form>'


@pytest.fixture(params=["table", pytest.param("redis", marks=pytest.mark.redis)])
def kept(request: pytest.FixtureRequest) -> str:
    """Where sessions are: every test here runs on both, unless it is about one."""
    return str(request.param)


table_only = pytest.mark.parametrize("kept", ["table"], indirect=True)
redis_only = pytest.mark.parametrize("kept", [pytest.param("redis", marks=pytest.mark.redis)], indirect=True)


@pytest.fixture
def make_app(make_app: Callable[..., Flask], kept: str, request: pytest.FixtureRequest) -> Callable[..., Flask]:
    """Applications that keep their sessions in the table, or in one Redis."""
    if kept == "table":
        return make_app
    url = request.getfixturevalue("redis_url")

    def make(*args: Any, sessions: dict[str, Any] | None = None, **values: Any) -> Flask:
        values.setdefault("redis", {"url": url})
        return make_app(*args, sessions={"backend": "redis", **(sessions or {})}, **values)

    return make


def add_views(app: Flask) -> Flask:
    """Views on an application: sign in and out by Flask-Login's key, read, write, show a form, post it."""
    rules: dict[str, Callable[..., Any]] = {
        "/public": lambda: {"public": True},
        "/form": lambda: render_template_string(FORM),
        "/read": lambda: {key: session[key] for key in session},
        "/sign-in/<user>": sign_in,
        "/sign-in-with-form/<user>": lambda user: sign_in(user) and render_template_string(FORM),
        "/sign-out": lambda: {"out": session.pop("_user_id", None)},
        "/clear": lambda: {"cleared": session.clear()},
        "/set/<key>/<value>": set_value,
        "/flash": lambda: {"flashed": flash("Saved.")},
        "/flashed": lambda: {"messages": get_flashed_messages()},
        "/confirm": lambda: set_value("_fresh", True),
        "/who": who,
        "/admin/hello": who,
    }
    for number, (rule, view) in enumerate(rules.items()):
        app.add_url_rule(rule, f"view_{number}", view)
    app.add_url_rule("/post", "post", lambda: {"posted": True}, methods=["POST"])
    return app


def sign_in(user: str) -> dict[str, Any]:
    session["_user_id"] = user
    session["_fresh"] = True
    if request.args.get("remember"):
        session["_remember"] = "set"
    return {"in": user}


def set_value(key: str, value: Any) -> dict[str, Any]:
    session[key] = value
    return {key: value}


def who() -> dict[str, Any]:
    row = principal.current()
    return {"user": row.user_id if row else None, "session": row.session_id if row else None}


@pytest.fixture
def app(make_app: Any) -> Flask:
    return add_views(make_app())


@pytest.fixture
def count(app: Flask) -> "Statements":
    return Statements(app)


class Statements:
    """Every statement that reaches SQLite, also those that SQLAlchemy's events do not see."""

    def __init__(self, app: Flask) -> None:
        self.seen: list[str] = []
        with app.app_context():
            db.engine.dispose()
            sa.event.listen(db.engine, "connect", self.trace)

    def trace(self, connection: Any, record: Any) -> None:
        connection.set_trace_callback(self.seen.append)

    def of(self, ask: Callable[[], Any]) -> list[str]:
        ask()  # connect first
        self.seen.clear()
        ask()
        return [text for text in self.seen if not text.startswith("PRAGMA")]


@pytest.fixture
def travel() -> Iterator[Callable[[float], None]]:
    """Move the clock forward by seconds."""
    import datetime as dt

    before = clock.shift

    def forward(seconds: float) -> None:
        clock.shift += dt.timedelta(seconds=seconds)

    yield forward
    clock.shift = before


def rows(app: Flask) -> list[Any]:
    """The sessions as they are stored, in the order they began."""
    from demijohn.sessions.models import UserSession

    if app.extensions["demijohn"].settings.sessions.backend == "redis":
        return stored_in_redis(app)
    with app.app_context():
        found = list(db.session.scalars(sa.select(UserSession).order_by(UserSession.id)))
        db.session.expunge_all()
        return found


def cookie_of(client: Any) -> str | None:
    name = client.application.config["SESSION_COOKIE_NAME"]
    found = client.get_cookie(name)
    return found.value if found else None


def token_in(response: Any) -> str:
    return response.get_data(as_text=True).partition('value="')[2].partition('"')[0]


def stored_in_redis(app: Flask) -> list[Any]:
    from demijohn.sessions.backends.redis import moment

    server = app.extensions["demijohn.redis"]
    found = [server.client.hgetall(key) for key in server.client.scan_iter(server.key("session", "*"))]
    for held in found:
        held["user_id"] = int(held["user_id"]) if held["user_id"] else None
        held |= {name: moment(held[name]) for name in ("created_at", "last_seen_at", "expires_at", "renewed_at")}
    return [SimpleNamespace(**held) for held in sorted(found, key=lambda held: held["created_at"])]
