"""The test client behind the plugin's fixtures: real CSRF tokens, real sessions, a context of its own per request."""

import contextvars
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demijohn.clock import now
from demijohn.state import state_of

SAFE_METHODS = {"GET", "HEAD", "OPTIONS", "TRACE"}


class Client(FlaskClient):
    """A Flask test client.

    Each request runs outside of the test's own application context, as it would in a server, and a form without a
    `csrf_token` gets a valid one, so that tests keep the protection on. Pass `csrf=False` to post without.
    """

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        if csrf and str(kwargs.get("method", "GET")).upper() not in SAFE_METHODS:
            kwargs["headers"] = self.with_token(kwargs.get("headers"), kwargs.get("base_url"))
        run = super().open
        response = run(*args, **kwargs) if self.preserve_context else contextvars.Context().run(run, *args, **kwargs)
        forget_loaded_rows(self.application)
        return response

    def with_token(self, headers: Any, base_url: str | None) -> dict[str, str]:
        """The headers, and a token for this client's session."""
        given = dict(headers or {})
        if "csrf" not in self.application.extensions or "X-CSRFToken" in given:
            return given
        return {**given, "X-CSRFToken": contextvars.Context().run(self.token, base_url)}

    def token(self, base_url: str | None) -> str:
        """What a form of this client's session would carry; Flask-WTF signs the session's secret with this salt."""
        from itsdangerous import URLSafeTimedSerializer

        key: Any = self.application.config.get("WTF_CSRF_SECRET_KEY") or self.application.secret_key
        with self.session_transaction(**({"base_url": base_url} if base_url else {})) as session:
            if "csrf_token" not in session:
                session["csrf_token"] = secrets.token_hex(20)
            secret = session["csrf_token"]
        return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(secret))


def forget_loaded_rows(app: Flask) -> None:
    """Let the test see what the request wrote: rows it loaded before are read again."""
    if has_app_context() and state_of(app).has("database"):
        from demijohn.database.base import db

        db.session.expire_all()


def sign_in(
    client: FlaskClient, user: Any = "someone@example.com", *, superuser: bool = False, permissions: Sequence[str] = ()
) -> Any:
    """Give the client a session of this user, second factor included; an address without an account gets one.

    Args:
        superuser, permissions: the rights of an account made for it.
    """
    from demijohn.auth.login import CONFIRMED, FACTOR, STAMP

    with client.application.app_context():
        account = find_or_make(user, superuser=superuser, permissions=permissions)
        values = {"_user_id": account.get_id(), "_fresh": True, STAMP: account.security_stamp, FACTOR: "test"}
    with client.session_transaction() as session:
        session.update({**values, CONFIRMED: int(now().timestamp())})
    return account


def find_or_make(user: Any, *, superuser: bool, permissions: Sequence[str]) -> Any:
    """The account itself, or that of this address, made if there is none."""
    from demijohn.auth.models import Role, user_class
    from demijohn.database.base import db

    kind = user_class()
    if not isinstance(user, str):
        return db.session.get(kind, user.id)
    account = db.session.scalar(sa.select(kind).where(kind.email == user))
    if account is None:
        account = kind(email=user, is_superuser=superuser, confirmed_at=now())
        if permissions:
            account.roles.append(Role(name=f"role of {user}", permissions=list(permissions)))
        db.session.add(account)
        db.session.commit()
    return account


class Mailbox(Sequence[Any]):
    """The mails written since it was made, oldest first."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.since: datetime = now()

    def messages(self) -> list[Any]:
        from demijohn.mail.inbox import messages

        return [message for message in messages(self.app) if message.at >= self.since]

    def __getitem__(self, index: Any) -> Any:
        return self.messages()[index]

    def __len__(self) -> int:
        return len(self.messages())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.messages())
