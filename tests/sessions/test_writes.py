"""Writing: several requests at once, a view's open transaction, a locked database, what cannot be stored."""

import datetime as dt
import sqlite3
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask, Response, session, stream_with_context
from markupsafe import Markup
from tests.sessions.conftest import add_views, cookie_of, rows, table_only

from demijohn import db
from demijohn.sessions.contents import SessionTooBigError


def ask(app: Flask, cookie: str, path: str):
    return app.test_client(use_cookies=False).get(path, headers={"Cookie": f"session={cookie}"})


def test_eight_requests_of_one_session_at_once_keep_what_each_stored(make_app, database_url: str) -> None:
    app = add_views(make_app(database={"url": database_url}))
    client = app.test_client()
    client.get("/sign-in/7")
    start = threading.Barrier(8)

    def store(number: int) -> int:
        start.wait()
        return ask(app, cookie_of(client), f"/set/key{number}/{number}").status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(store, range(8)))

    assert statuses == [200] * 8
    stored = client.get("/read").json
    assert {key for key in stored if key.startswith("key")} == {f"key{number}" for number in range(8)}


def test_what_one_request_removes_another_does_not_bring_back(app) -> None:
    @app.get("/slow")
    def slow() -> str:
        session["colour"] = "red"
        ask(app, cookie_of(client), "/remove-cart")
        return ""

    app.add_url_rule("/remove-cart", "remove", lambda: session.pop("cart"))
    client = app.test_client()
    client.get("/sign-in/7")
    client.get("/set/cart/3")

    ask(app, cookie_of(client), "/slow")

    stored = client.get("/read").json
    assert "cart" not in stored
    assert stored["colour"] == "red"


def test_a_session_ended_during_a_request_is_not_brought_back(app) -> None:
    @app.get("/slow")
    def slow() -> str:
        session["colour"] = "red"
        ask(app, cookie_of(client), "/clear")
        return ""

    client = app.test_client()
    client.get("/sign-in/7")

    response = ask(app, cookie_of(client), "/slow")

    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert rows(app) == []


def test_signing_in_twice_at_once_gives_two_good_sessions(app) -> None:
    client = app.test_client()
    client.get("/set/cart/3")
    cookie = cookie_of(client)

    first, second = (ask(app, cookie, "/sign-in/7").headers["Set-Cookie"] for _ in range(2))

    for header in (first, second):
        assert ask(app, header.partition("=")[2].partition(";")[0], "/who").json["user"] == 7


def test_a_transaction_the_view_left_open_does_not_stop_the_session(app) -> None:
    from shop import Customer

    @app.get("/leaves-open")
    def leaves_open() -> str:
        db.session.add(Customer(name="Ada", email="ada@example.com"))
        db.session.flush()
        session["colour"] = "red"
        return ""

    client = app.test_client()
    began = dt.datetime.now(dt.UTC)

    assert client.get("/leaves-open").status_code == 200
    assert dt.datetime.now(dt.UTC) - began < dt.timedelta(seconds=2)
    assert client.get("/read").json == {"colour": "red"}
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 0


def test_what_the_view_committed_stays(app) -> None:
    from shop import Customer

    @app.get("/commits")
    def commits() -> str:
        db.session.add(Customer(name="Ada", email="ada@example.com"))
        db.session.commit()
        session["colour"] = "red"
        return ""

    app.test_client().get("/commits")

    with app.app_context():
        assert db.session.scalar(sa.select(Customer.name)) == "Ada"


@table_only
def test_a_database_locked_for_long_is_503_with_retry_after(make_app, tmp_path) -> None:
    app = add_views(make_app(database={"url": f"sqlite:///{tmp_path}/locked.db?timeout=0.1"}))
    client = app.test_client()
    client.get("/sign-in/7")
    with app.app_context():  # whatever the pool has set, wait shortly
        sa.event.listen(db.engine, "checkout", lambda c, r, p: c.execute("PRAGMA busy_timeout=100").close())
    other = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    response = client.get("/set/colour/red")

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "Set-Cookie" not in response.headers
    assert b"Traceback" not in response.data
    other.execute("ROLLBACK")
    other.close()
    assert client.get("/set/colour/red").status_code == 200


@table_only
def test_a_locked_database_does_not_stop_a_request_that_only_was_seen(make_app, tmp_path, travel) -> None:
    app = add_views(make_app(database={"url": f"sqlite:///{tmp_path}/locked.db?timeout=0.1"}))
    client = app.test_client()
    client.get("/sign-in/7")
    with app.app_context():
        sa.event.listen(db.engine, "checkout", lambda c, r, p: c.execute("PRAGMA busy_timeout=100").close())
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    travel(61)
    other = sqlite3.connect(tmp_path / "locked.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert client.get("/who").json["user"] == 7
    other.execute("ROLLBACK")
    other.close()


def test_streams_go_on_after_the_session_was_stored(app) -> None:
    from shop import Customer

    with app.app_context():
        db.session.add_all(Customer(name=f"c{n}", email=f"{n}@example.com") for n in range(5))
        db.session.commit()

    @app.get("/stream")
    def stream() -> Response:
        session["colour"] = "red"
        names = db.session.scalars(sa.select(Customer.name).execution_options(yield_per=2))
        return Response(stream_with_context(f"{name} " for name in names))

    client = app.test_client()

    assert client.get("/stream").text == "c0 c1 c2 c3 c4 "
    assert client.get("/read").json == {"colour": "red"}


VALUES = {
    "moment": dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC),
    "bytes": b"\x00\xff",
    "tuple": (1, (2, "three")),
    "markup": Markup("<b>bold</b>"),
    "uuid": uuid.UUID(int=7),
    "nested": {"list": [1, None, {" t": 2}]},
    " t": "a key like one of the tags",
}


def test_what_flasks_own_session_holds_comes_back_the_same(app) -> None:
    client = app.test_client()
    with client.session_transaction() as stored:
        stored.update(VALUES)

    with client.session_transaction() as found:
        assert dict(found) == VALUES
        assert isinstance(found["tuple"], tuple)


def test_a_changed_nested_value_is_stored_when_the_view_says_so(app) -> None:
    @app.get("/append")
    def append() -> str:
        session.setdefault("list", []).append(1)
        session.modified = True
        return ""

    client = app.test_client()
    client.get("/append")
    client.get("/append")

    assert client.get("/read").json == {"list": [1, 1]}


def test_a_value_that_cannot_be_stored_names_its_key_and_type(app) -> None:
    @app.get("/object")
    def put() -> str:
        session["thing"] = object()
        return ""

    with pytest.raises(TypeError, match=r"session\['thing'\] holds a object that cannot be stored"):
        app.test_client().get("/object")


def test_more_than_64_kb_is_refused_naming_the_largest_key(app) -> None:
    @app.get("/big")
    def put() -> str:
        session["small"] = "x"
        session["big"] = "x" * 70_000
        return ""

    with pytest.raises(SessionTooBigError, match=r"70,0\d\d bytes \(at most 65,536\); session\['big'\]"):
        app.test_client().get("/big")
    assert rows(app) == []


def test_an_error_in_production_is_one_page_and_one_logged_exception(make_app, caplog) -> None:
    app = add_views(make_app())
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/object")
    def put() -> str:
        session["thing"] = object()
        return ""

    response = app.test_client().get("/object")

    assert response.status_code == 500
    assert b"cannot be stored" not in response.data
    assert len([r for r in caplog.records if r.exc_info]) == 1


def test_the_csrf_secret_cannot_be_set_and_dropping_it_renews_the_id(app) -> None:
    app.add_url_rule("/drop", "drop", lambda: {"was": session.pop("csrf_token")})
    app.add_url_rule("/put", "put", lambda: session.update(csrf_token="mine"))
    client = app.test_client()
    client.get("/sign-in/7")
    before = cookie_of(client)

    client.get("/drop")

    assert cookie_of(client) != before
    assert client.get("/who").json["user"] == 7
    with pytest.raises(TypeError, match="computed from the session's id"):
        client.get("/put")
