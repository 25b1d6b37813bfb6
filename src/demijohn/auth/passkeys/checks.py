"""Questions about passkeys that `flask check` asks."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from demijohn.auth.extension import auth_of
from demijohn.auth.passkeys.models import Passkey
from demijohn.auth.passkeys.rules import host_problem
from demijohn.contributions import Check, Problem
from demijohn.database.base import db
from demijohn.state import state_of


def check_address(app: Flask) -> Iterable[Problem]:
    """Whether any browser makes passkeys for pages at this address."""
    state = state_of(app)
    if not auth_of(app).section.passkeys.enabled or (state.environment != "production" and not state.public_url):
        return
    url = urlsplit(state.public_url or "")
    problem = host_problem(url.scheme, url.hostname or "") if state.public_url else "is not set"
    if problem:
        yield Problem(
            id="auth.E030",
            level="error",
            text=f"passkeys are on, and no browser makes any here: PUBLIC_URL {state.public_url or ''} {problem}.",
            fix="PUBLIC_URL=https://<host name>, or FLASK_AUTH__PASSKEYS__ENABLED=false",
        )


def check_passkeys(app: Flask) -> Iterable[Problem]:
    """What lets copies in, and passkeys that a change of address has left behind."""
    if not auth_of(app).section.passkeys.enabled:
        return
    if not auth_of(app).section.passkeys.refuse_copies:
        yield Problem(
            id="auth.W030",
            level="warning",
            text="a passkey whose counter did not rise is let in, though there may be a copy of it.",
            fix="FLASK_AUTH__PASSKEYS__REFUSE_COPIES=true",
        )
    yield from check_left_behind(urlsplit(state_of(app).public_url or "").hostname)


def check_left_behind(host: str | None) -> Iterable[Problem]:
    if host is None:
        return
    elsewhere = sa.select(sa.func.count(), sa.func.min(Passkey.rp_id)).where(Passkey.rp_id != host)
    try:
        number, example = db.session.execute(elsewhere).one()
    except SQLAlchemyError:  # not migrated yet: the migrations battery says so
        db.session.rollback()
        return
    if number:
        yield Problem(
            id="auth.W031",
            level="warning",
            text=f"{number} passkeys were made for another host ({example}) and can't be used at {host}.",
            fix=f"PUBLIC_URL=https://{example}, or ask their owners to add new ones",
        )


CHECKS = (
    Check(name="auth.passkeys.address", run=check_address),
    Check(name="auth.passkeys", run=check_passkeys, deploy=True),
)
