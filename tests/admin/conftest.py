"""A dashboard over the sample shop or workshop, and people of every kind to visit it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_login import login_user
from tests.conftest import MakeApp
from werkzeug.test import TestResponse

from demijohn import Model, db
from demijohn.auth.models import Role, user_class

MakeAdmin = Callable[..., Flask]
Visit = Callable[..., "Visitor"]


class Visitor:
    """A browser: keeps cookies, and sends the token and hidden fields of the form it was shown."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def token(self, address: str = "/admin/") -> str:
        return hidden(self.client.get(address).text, "csrf_token")

    def submit(self, address: str, /, **fields: Any) -> TestResponse:
        """Open the page, fill in the form as shown, change these fields, send it."""
        page = self.client.get(address)
        return self.send(address, {**form_values(page.text), **fields})

    def send(self, address: str, fields: dict[str, Any]) -> TestResponse:
        if "csrf_token" not in fields:
            fields = {**fields, "csrf_token": self.client.get("/test-token").text}
        return self.client.post(address, data={k: v for k, v in fields.items() if v is not None})

    def confirm(self, address: str, fields: dict[str, Any]) -> TestResponse:
        """Ask for a delete or an action that was shown nowhere, and press the button of the page that asks."""
        page = self.send(address, fields)
        if page.status_code != 409:
            return page
        shown: dict[str, Any] = {}
        for name, value in re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text):
            shown.setdefault(name, []).append(unescape(value))
        return self.send(address, {**shown, "csrf_token": shown["csrf_token"][0]})


def hidden(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', page)
    value = re.search(r'value="([^"]*)"', found.group(0)) if found else None
    return value.group(1) if value else ""


def form_values(page: str) -> dict[str, Any]:
    """What a browser would send of the page's record form if nothing was touched."""
    forms = re.findall(r"<form\b.*?</form>", page, re.DOTALL)
    body = next((form for form in forms if "_continue_editing" in form), page)
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", body):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = given.get("type") in {"checkbox", "radio"}
        if "name" in given and given.get("type") != "submit" and (not is_box or re.search(r"\bchecked\b", tag)):
            values[given["name"]] = unescape(given.get("value", "y" if is_box else ""))
    for name, inner in re.findall(r'<select\b[^>]*name="([^"]*)"[^>]*>(.*?)</select>', body, re.DOTALL):
        chosen = re.search(r'<option\b(?=[^>]*\bselected\b)[^>]*value="([^"]*)"', inner)
        values[name] = unescape(chosen.group(1)) if chosen else ""
    for name, inner in re.findall(r'<textarea\b[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', body, re.DOTALL):
        values[name] = unescape(inner.removeprefix("\r\n").removeprefix("\n"))
    return values


def unescape(text: str) -> str:
    import html

    return html.unescape(text)


@pytest.fixture
def make_admin(make_app: MakeApp) -> MakeAdmin:
    """An application with a dashboard and a door for tests: `/test-sign-in/<id>`, `/test-token`."""

    def make(import_name: str = "shop", **values: Any) -> Flask:
        app = make_app(import_name, **values)

        @app.get("/test-sign-in/<int:user_id>")
        def sign_in(user_id: int) -> str:
            login_user(db.session.get(user_class(), user_id))
            return ""

        @app.get("/test-token")
        def token() -> str:
            from flask_wtf.csrf import generate_csrf

            return str(generate_csrf())

        return app

    return make


@pytest.fixture
def visit() -> Visit:
    """A visitor of this application, signed in with these permissions (`"*"`: a superuser; none: a stranger)."""
    numbers = iter(range(1000))

    def open_browser(app: Flask, *permissions: str) -> Visitor:
        client = app.test_client()
        if permissions:
            number = next(numbers)
            with app.app_context():
                user = user_class()(email=f"visitor{number}@example.com", is_superuser="*" in permissions)
                if "*" not in permissions:
                    user.roles = [Role(name=f"role {number}", permissions=set(permissions) - {"-"})]
                db.session.add(user)
                db.session.commit()
                key = user.id
            client.get(f"/test-sign-in/{key}")
        return Visitor(client)

    return open_browser


def add(app: Flask, *records: Model) -> None:
    """Put records into the database."""
    with app.app_context():
        db.session.add_all(records)
        db.session.commit()
