"""Sessions of a user: listed and ended, also from another process."""

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa
from flask import Flask, session
from tests.sessions.conftest import add_views, rows, table_only

from demijohn import db
from demijohn.sessions import principal, pruning, registry


@pytest.fixture
def shop(make_app, database_url: str) -> Flask:
    return add_views(make_app(database={"url": database_url}))


def signed_in(app: Flask, user: int, agent: str = "Firefox"):
    client = app.test_client()
    client.get(f"/sign-in/{user}", headers={"User-Agent": agent}, environ_overrides={"REMOTE_ADDR": "203.0.113.9"})
    return client


def test_a_users_sessions_are_listed_with_where_they_are_and_which_is_this(shop: Flask) -> None:
    @shop.get("/mine")
    def mine() -> dict[str, list[object]]:
        return {info.agent: [info.is_current, info.address] for info in registry.sessions_of(7)}

    phone, laptop = signed_in(shop, 7, "Phone"), signed_in(shop, 7, "Laptop")
    signed_in(shop, 8)

    assert laptop.get("/mine").json == {"Phone": [False, "203.0.113.9"], "Laptop": [True, "203.0.113.9"]}
    assert phone.get("/mine").json["Phone"][0] is True


def test_ended_sessions_are_not_listed(shop: Flask, travel) -> None:
    signed_in(shop, 7)
    travel(86_401)

    with shop.app_context():
        assert registry.sessions_of(7) == []


def test_all_but_this_one_are_ended(shop: Flask) -> None:
    @shop.get("/end-others")
    def end_others() -> dict[str, int]:
        ended = registry.end_sessions(7, except_current=True)
        db.session.commit()
        return {"ended": ended}

    here, there, other = signed_in(shop, 7), signed_in(shop, 7), signed_in(shop, 8)

    assert here.get("/end-others").json == {"ended": 1}
    assert [client.get("/who").json["user"] for client in (here, there, other)] == [7, None, 8]


def test_ending_is_part_of_the_callers_transaction(shop: Flask) -> None:
    client = signed_in(shop, 7)

    with shop.app_context():
        assert registry.end_sessions(7) == 1
        db.session.rollback()

    assert client.get("/who").json["user"] == 7


def test_one_session_can_be_ended_only_for_its_own_user(shop: Flask) -> None:
    client = signed_in(shop, 7)
    session_id = client.get("/who").json["session"]

    with shop.app_context():
        assert registry.end_session(8, session_id) is False
        assert registry.end_session(7, session_id) is True
        db.session.commit()

    assert client.get("/who").json["user"] is None


def test_a_request_that_ends_its_own_session_does_not_bring_it_back(shop: Flask) -> None:
    @shop.get("/end-all")
    def end_all() -> str:
        session.get("note")  # as `login_required` does
        registry.end_sessions(7)
        db.session.commit()
        session["note"] = "written after"
        return ""

    client = signed_in(shop, 7)

    client.get("/end-all")

    assert client.get("/who").json["user"] is None
    assert rows(shop) == []


def test_ended_in_one_application_is_refused_at_the_next_request_in_another(shop: Flask, make_app) -> None:
    with shop.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    other = add_views(make_app(database={"url": url})).test_client()
    client = signed_in(shop, 7)
    other.set_cookie("session", client.get_cookie("session").value)
    assert other.get("/who").json["user"] == 7

    client.get("/clear")

    assert other.get("/who").json["user"] is None


PROGRAM = """
import sys
import shop
from demijohn import Settings, create_app, db
from demijohn.sessions.registry import end_sessions

url = sys.argv[1]
key = "a-key-for-tests-only-0123456789-abcdefghij"
app = create_app("shop", Settings(environment="testing", secret_key=key, database={"url": url}))
with app.app_context():
    print(end_sessions(7))
    db.session.commit()
"""


def test_ended_by_another_process_is_refused_at_the_next_request(shop: Flask) -> None:
    client = signed_in(shop, 7)
    assert client.get("/who").json["user"] == 7
    with shop.app_context():
        url = db.engine.url.render_as_string(hide_password=False)

    variables = dict(os.environ)
    if shop.extensions["demijohn"].settings.sessions.backend == "redis":
        redis_url = shop.extensions["demijohn"].settings.redis.url.get_secret_value()
        variables |= {"FLASK_SESSIONS__BACKEND": "redis", "REDIS_URL": redis_url}

    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, url],
        cwd="tests/sample",
        capture_output=True,
        text=True,
        check=False,
        env=variables,
    )

    assert (run.stdout, run.returncode) == ("1\n", 0), run.stderr
    assert client.get("/who").json["user"] is None


def test_the_users_state_is_read_in_the_same_statement_and_never_kept(shop: Flask) -> None:
    from demijohn.auth.models import user_class

    user = user_class()
    with shop.app_context():
        db.session.add(person := user(email="ada@example.com"))
        db.session.commit()
        number = person.id
    principal.join_user(shop, user.__table__, [user.__table__.c.is_active, user.__table__.c.email])
    shop.add_url_rule("/state", "state", lambda: {"active": principal.current().is_active})
    client = signed_in(shop, number)
    assert client.get("/state").json == {"active": True}

    with shop.app_context():
        db.session.execute(sa.update(user).values(is_active=False))
        db.session.commit()

    assert client.get("/state").json == {"active": False}


def test_a_session_whose_user_is_gone_has_no_state(shop: Flask) -> None:
    from demijohn.auth.models import user_class

    table = user_class().__table__
    principal.join_user(shop, table, [table.c.is_active])
    shop.add_url_rule("/state", "state", lambda: {"active": principal.current().is_active})

    shop.add_url_rule("/other", "other", lambda: {"email": principal.current().email})
    client = signed_in(shop, 99)

    assert client.get("/state").json == {"active": None}
    with pytest.raises(AttributeError, match="has no 'email'; join_user was given is_active"):
        client.get("/other")


@table_only
def test_pruning_removes_what_has_ended_and_nothing_else(shop: Flask, travel) -> None:
    signed_in(shop, 7)
    travel(86_401)
    alive = signed_in(shop, 8)

    with shop.app_context():
        assert (pruning.ended(shop), pruning.prune(shop), pruning.prune(shop), pruning.ended(shop)) == (1, 1, 0, 0)
    assert alive.get("/who").json["user"] == 8


def test_outside_a_request_nobody_is_signed_in(shop: Flask) -> None:
    with shop.app_context():
        assert registry.current_id() is None


def test_an_account_id_that_is_no_number_works_without_a_number_in_the_row(shop: Flask) -> None:
    client = shop.test_client()
    client.get("/sign-in/ada@example.com")

    assert client.get("/read").json["_user_id"] == "ada@example.com"
    assert [row.user_id for row in rows(shop)] == [None]


def test_keys_can_be_changed_without_ending_a_session(shop: Flask, make_app) -> None:
    client = signed_in(shop, 7)
    with shop.app_context():
        url = db.engine.url.render_as_string(hide_password=False)

    renewed = add_views(make_app(database={"url": url}, secret_key="another-key-for-tests-0123456789-zyxwvuts"))
    other = renewed.test_client()
    other.set_cookie("session", client.get_cookie("session").value)

    assert other.get("/who").json["user"] == 7
