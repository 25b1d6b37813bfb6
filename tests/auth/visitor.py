"""A person with a browser, as the account tests see one: reads pages, fills in their forms."""

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from demijohn import db
from demijohn.auth.accounts import create_user
from demijohn.auth.models import UserBase, user_class

PASSWORD = "correct-horse-battery"
NEW_PASSWORD = "another-long-sentence-42"


class Visitor:
    """Sends every form with the token of the page it is on."""

    def __init__(self, app: Flask, address: str = "198.51.100.7") -> None:
        self.client = app.test_client()
        self.environ = {"REMOTE_ADDR": address}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, environ_base=self.environ, **options)

    def post(
        self, path: str, fields: dict[str, Any] | None = None, *, page: str | None = None, **options: Any
    ) -> TestResponse:
        token = csrf_token(self.get(page or path.partition("?")[0]).text)
        data = {"csrf_token": token, **(fields or {})}
        return self.client.post(path, data=data, environ_base=self.environ, **options)

    def post_json(self, path: str, body: Any, *, page: str = "/auth/login") -> TestResponse:
        headers = {"X-CSRFToken": csrf_token(self.get(page).text), "Accept": "application/json"}
        return self.client.post(path, json=body, headers=headers, environ_base=self.environ)

    def sign_in(self, email: str = "ada@example.com", password: str = PASSWORD, **fields: Any) -> TestResponse:
        return self.post("/auth/login", {"email": email, "password": password, **fields})

    def is_signed_in(self) -> bool:
        return self.get("/auth/account").status_code == 200


def csrf_token(html: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert found, html
    return found[1]


def make_user(app: Flask, email: str = "ada@example.com", password: str | None = PASSWORD, **columns: Any) -> int:
    """A user in the database of the application; returns the id."""
    is_active, confirmed_at = columns.pop("is_active", True), columns.pop("confirmed_at", None)
    with app.app_context():
        user = create_user(email, password=password, **columns)
        user.is_active, user.confirmed_at = is_active, confirmed_at
        db.session.commit()
        return user.id


def change_user(app: Flask, who: str = "ada@example.com", /, **values: Any) -> None:
    """What another process would do to the account."""
    with app.app_context():
        user = find(who)
        for name, value in values.items():
            setattr(user, name, value)
        db.session.commit()


def find(email: str) -> UserBase:
    return db.session.query(user_class()).filter_by(email=email).one()
