"""The download of what is kept about oneself."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from tests.auth.visitor import Visitor, make_user

from demijohn import audit, db
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.factors.models import RecoveryCode
from demijohn.auth.models import Role, user_class
from demijohn.clock import now

PAGE = "/auth/account/export"


@pytest.fixture
def app(make_app: Any, database_url: str) -> Flask:
    made: Flask = make_app(database={"url": database_url})
    make_user(made, "ada@example.com", name="Ada")
    make_user(made, "root@example.com", is_superuser=True)
    with made.app_context():
        db.session.get_one(user_class(), 1).roles = [Role(name="sales", permissions={"order.view"})]
        db.session.add(
            ApiToken(user_id=1, name="script", digest="d" * 64, ending="abcd", expires_at=now() + timedelta(days=9))
        )
        db.session.add_all([RecoveryCode(user_id=1, digest=letter * 64) for letter in "ef"])
        root: Any = {"table": "user", "actor_id": 2, "actor": "root@example.com"}
        audit.record("update", table="customer", key=7, changes={"name": ("Bob", "Eve")}, actor_id=1)
        audit.record("update", key=1, changes={"name": ("", "Ada")}, **root)
        audit.record("update", key=2, changes={"name": ("", "Secret Root")}, **root)
        db.session.commit()
    return made


@pytest.fixture
def ada(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in()
    return visitor


def download(visitor: Visitor) -> Any:
    return visitor.post(PAGE)


def test_it_holds_what_is_kept_about_oneself(ada: Visitor) -> None:
    answer = download(ada)
    data = json.loads(answer.text)

    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="your-data.json"'
    assert (data["profile"]["email"], data["profile"]["name"], data["roles"]) == ("ada@example.com", "Ada", ["sales"])
    assert [one["address"] for one in data["devices"]] == ["198.51.100.7"]
    assert [(one["name"], one["ending"]) for one in data["api_token"]] == [("script", "abcd")]
    assert (data["recovery_code"], data["trusted_device"], data["passkey"]) == ([{}, {}], [], [])
    assert "auth.data_exported" in {entry["event"] for entry in data["log"]}


def test_no_secret_and_nobody_elses_data_is_in_it(ada: Visitor, app: Flask) -> None:
    text = download(ada).text
    with app.app_context():
        user = db.session.get_one(user_class(), 1)
        secrets = (user.password_hash, user.security_stamp, "d" * 64)

    assert [secret for secret in secrets if str(secret) in text] == []
    assert "eeee" not in text
    assert "root@example.com" not in text
    assert "Secret Root" not in text
    log = json.loads(text)["log"]
    (elsewhere,) = [entry for entry in log if entry.get("table") == "customer"]
    assert "changes" not in elsewhere
    (by_root,) = [entry for entry in log if entry.get("by") == "somebody else" and entry["event"] == "update"][-1:]
    assert "address" not in by_root


def test_a_page_says_what_it_is_and_writes_nothing(ada: Visitor) -> None:
    assert "Download your data" in ada.get(PAGE).text


def test_it_asks_for_a_recent_sign_in_and_a_token(app: Flask, ada: Visitor, clock: Any) -> None:
    assert "/auth/login" in Visitor(app).get(PAGE).location
    assert ada.client.post(PAGE, environ_base=ada.environ).status_code == 400
    clock.travel(timedelta(seconds=901))

    assert "/auth/confirm-identity" in ada.get(PAGE).location
    assert "/auth/confirm-identity" in ada.post(PAGE, page="/auth/account").location


def test_it_is_limited(ada: Visitor) -> None:
    codes = [download(ada).status_code for _ in range(11)]

    assert codes == [200] * 10 + [429]


def test_a_long_log_is_whole(app: Flask, ada: Visitor) -> None:
    with app.app_context():
        for number in range(1_200):
            audit.record("order.printed", table="order", key=number, actor_id=1, actor="ada@example.com")
        db.session.commit()

    log = json.loads(download(ada).text)["log"]

    assert sum(entry["event"] == "order.printed" for entry in log) == 1_200


def test_it_works_without_the_log_and_without_sessions(make_app: Any) -> None:
    app = make_app(features={"audit": False, "sessions": False})
    make_user(app)
    ada = Visitor(app)
    ada.sign_in()

    data = json.loads(download(ada).text)

    assert (data["log"], data["devices"]) == ([], [])
