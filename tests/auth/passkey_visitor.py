"""A person whose browser knows passkeys."""

import json
from collections.abc import Callable
from typing import Any

from flask import Flask
from tests.auth.authenticator import Device
from tests.auth.visitor import PASSWORD, Visitor, csrf_token, find, make_user
from werkzeug.test import TestResponse

from demijohn import db
from demijohn.auth.passkeys.models import Passkey

MakeApp = Callable[..., Flask]
ON = {"enabled": True}
QUICK = {"hash_memory_kib": 8, "hash_passes": 1}
"""Password hashes of no strength: these tests are about other things."""


def app_with_passkeys(make_app: MakeApp, **values: Any) -> Flask:
    passkeys = {**ON, **values.pop("passkeys", {})}
    return make_app(auth={"passkeys": passkeys, **QUICK, **values.pop("auth", {})}, **values)


class Holder(Visitor):
    """Signs in with a device as well as with a password."""

    def __init__(self, app: Flask, device: Device | None = None, address: str = "198.51.100.7") -> None:
        super().__init__(app, address)
        self.device = device or Device()

    def page(self) -> str:
        """A page with a form, whoever is signed in."""
        return "/auth/account" if self.is_signed_in() else "/auth/login"

    def options(self, purpose: str) -> dict[str, Any]:
        answer = self.post_json("/auth/passkeys/options", {"purpose": purpose}, page=self.page())
        assert answer.status_code == 200, answer.text
        return answer.json["publicKey"]

    def send(self, path: str, credential: Any, *, page: str | None = None, **fields: Any) -> TestResponse:
        text = credential if isinstance(credential, str) else json.dumps(credential)
        return self.post(path, {"credential": text, **fields}, page=page or self.page())

    def add_passkey(self, name: str = "", **lies: Any) -> TestResponse:
        return self.send("/auth/account/passkeys", self.device.create(self.options("register"), **lies), name=name)

    def show_passkey(self, **lies: Any) -> TestResponse:
        """At the sign-in page."""
        fields = lies.pop("fields", {})
        return self.send("/auth/login/passkey", self.device.get(self.options("sign-in"), **lies), **fields)

    def remove(self, passkey_id: int, password: str = PASSWORD) -> TestResponse:
        """With the password, which is asked for before the last second factor goes."""
        path = f"/auth/account/passkeys/{passkey_id}"
        return self.post(f"{path}/remove", {"current_password": password}, page=path)

    def sign_out(self) -> None:
        token = csrf_token(self.get("/auth/account").text)
        self.client.post("/auth/logout", data={"csrf_token": token})


def holder(app: Flask, email: str = "ada@example.com", device: Device | None = None, **columns: Any) -> Holder:
    """A person with an account, a password and one passkey, signed in."""
    make_user(app, email, **columns)
    person = Holder(app, device)
    person.sign_in(email, columns.get("password", PASSWORD))
    answer = person.add_passkey()
    assert "Keep your recovery codes" in answer.text
    return person


def stored(app: Flask, email: str = "ada@example.com") -> list[dict[str, Any]]:
    """The rows of a user's passkeys."""
    with app.app_context():
        rows = db.session.query(Passkey).filter_by(user_id=find(email).id).order_by(Passkey.id)
        return [{column.name: getattr(row, column.name) for column in Passkey.__table__.columns} for row in rows]
