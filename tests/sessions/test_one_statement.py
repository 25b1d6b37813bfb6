"""With accounts: session, user and stamp in one statement, nothing kept for the next request."""

import pytest
import sqlalchemy as sa
from flask import Flask, render_template_string
from tests.sessions.conftest import Statements, table_only

from demijohn import current_user, db
from demijohn.auth.login import login_user, logout_user
from demijohn.auth.models import user_class

PAGE = '{% extends "demijohn/base.html" %}{% block content %}{{ current_user.is_authenticated }}{% endblock %}'


@pytest.fixture
def app(make_app) -> Flask:
    app = make_app()
    with app.app_context():
        db.session.add(user_class()(email="ada@example.com", name="Ada"))
        db.session.commit()

    @app.get("/in")
    def sign_in() -> str:
        login_user(db.session.scalars(sa.select(user_class())).one())
        return ""

    @app.get("/me")
    def me() -> dict[str, object]:
        return {"email": current_user.email, "name": current_user.name} if current_user.is_authenticated else {}

    @app.get("/rename")
    def rename() -> str:
        current_user.name = "Countess"
        db.session.commit()
        return str(current_user.name)

    app.add_url_rule("/out", "out", lambda: str(logout_user()))
    app.add_url_rule("/page", "page", lambda: render_template_string(PAGE))
    app.add_url_rule("/public", "public", lambda: {"public": True})
    return app


def change(app: Flask, **values: object) -> None:
    with app.app_context():
        db.session.execute(sa.update(user_class()).values(values))
        db.session.commit()


def test_a_request_that_asks_who_it_is_has_one_statement(app: Flask, kept: str) -> None:
    count, client = Statements(app), app.test_client()
    client.get("/in")

    statements = count.of(lambda: client.get("/me"))

    assert client.get("/me").json == {"email": "ada@example.com", "name": "Ada"}
    assert len(statements) == 1, statements
    assert ("user_session LEFT OUTER JOIN" in statements[0]) is (kept == "table"), "Redis is asked for the session"


def test_a_page_that_asks_has_one_statement_and_a_strangers_has_none(app: Flask) -> None:
    count, client, stranger = Statements(app), app.test_client(), app.test_client()
    client.get("/in")

    assert len(count.of(lambda: client.get("/page"))) == 1
    assert count.of(lambda: stranger.get("/page")) == []
    assert count.of(lambda: client.get("/public")) == []


def test_the_user_of_the_one_statement_can_be_changed_and_committed(app: Flask) -> None:
    client = app.test_client()
    client.get("/in")

    assert client.get("/rename").text == "Countess"
    assert client.get("/me").json["name"] == "Countess"


def test_what_changes_between_two_requests_is_seen_at_the_next(app: Flask) -> None:
    client = app.test_client()
    client.get("/in")
    assert client.get("/me").json["name"] == "Ada"

    change(app, name="Countess")
    assert client.get("/me").json["name"] == "Countess"
    change(app, is_active=False)
    assert client.get("/me").json == {}


def test_a_new_stamp_ends_the_session_at_the_next_request(app: Flask) -> None:
    client = app.test_client()
    client.get("/in")

    change(app, security_stamp="another")

    assert client.get("/me").json == {}


def test_signing_out_leaves_neither_row_nor_cookie(app: Flask) -> None:
    client = app.test_client()
    client.get("/in")

    client.get("/out")

    assert client.get_cookie("session") is None
    assert client.get("/me").json == {}


@table_only
def test_without_the_battery_the_user_is_read_as_before_and_the_cookie_is_flasks(make_app) -> None:
    app = make_app(features={"sessions": False})
    with app.app_context():
        db.session.add(user_class()(email="ada@example.com"))
        db.session.commit()

    @app.get("/in")
    def sign_in() -> str:
        login_user(db.session.scalars(sa.select(user_class())).one())
        return ""

    app.add_url_rule("/me", "me", lambda: {"email": getattr(current_user, "email", None)})
    client = app.test_client()
    header = client.get("/in").headers["Set-Cookie"]

    assert client.get("/me").json == {"email": "ada@example.com"}
    assert {"HttpOnly", "SameSite=Lax"} <= set(header.split("; "))
