"""A stolen cookie of somebody who stays signed in: both are out, the log has it, and the owner gets a mail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.visitor import Visitor, make_user

from demijohn import clock, db
from demijohn.audit.models import AuditEntry
from demijohn.testing_client import Mailbox

MakeApp = Callable[..., Flask]


@pytest.fixture(params=["table", pytest.param("redis", marks=pytest.mark.redis)])
def site(request: pytest.FixtureRequest, make_app: MakeApp) -> Flask:
    kept: dict[str, Any] = {}
    if request.param == "redis":
        kept = {"redis": {"url": request.getfixturevalue("redis_url")}, "sessions": {"backend": "redis"}}
    site = make_app(**kept)
    make_user(site)
    return site


def travel(monkeypatch: pytest.MonkeyPatch, **distance: float) -> None:
    monkeypatch.setattr(clock, "shift", clock.shift + timedelta(**distance))


def test_an_old_copy_ends_the_session_and_the_owner_is_told(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Visitor(site)
    owner.sign_in(remember="y")
    stolen = owner.client.get_cookie("session").value
    travel(monkeypatch, days=1, seconds=1)
    assert owner.is_signed_in()
    assert owner.is_signed_in()
    travel(monkeypatch, seconds=61)
    mailbox = Mailbox(site)

    thief = Visitor(site, "203.0.113.66")
    thief.client.set_cookie("session", stolen)
    assert not thief.is_signed_in()

    assert not owner.is_signed_in()
    (mail,) = mailbox
    assert "ada@example.com" in mail.to
    assert "203.0.113.66" in mail.text
    assert "set a new password" in mail.text
    assert stolen not in mail.text
    with site.app_context():
        (entry,) = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "auth.session_replayed"))
        assert (entry.key, entry.address, entry.changes["address"][1]) == ("1", "203.0.113.66", "203.0.113.66")


def test_a_replay_for_an_account_that_is_gone_breaks_nothing(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Visitor(site)
    owner.sign_in(remember="y")
    stolen = owner.client.get_cookie("session").value
    travel(monkeypatch, days=1, seconds=1)
    owner.is_signed_in(), owner.is_signed_in()
    travel(monkeypatch, seconds=61)
    with site.app_context():
        db.session.execute(sa.text('DELETE FROM "user"'))
        db.session.commit()

    thief = Visitor(site)
    thief.client.set_cookie("session", stolen)

    assert thief.get("/auth/account").status_code == 302
    assert thief.get("/auth/login").status_code == 200
