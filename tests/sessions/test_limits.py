"""How long a session lives, asked over HTTP with the clock in hand, and as a rule with numbers."""

import datetime as dt

import pytest
from tests.sessions.conftest import add_views, rows, table_only

from demijohn.sessions import limits, pruning
from demijohn.sessions.settings import SessionsSettings

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
SECTION = SessionsSettings(idle_seconds=100, absolute_seconds=1_000, remember_seconds=5_000, admin_idle_seconds=60)


def after(seconds: int) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("last_seen", "remember", "ends"),
    [(0, False, 100), (500, False, 600), (950, False, 1_000), (0, True, 5_000), (4_000, True, 5_000)],
    ids=["unused", "used", "the absolute limit", "remembered", "remembering ends too"],
)
def test_a_session_ends_at_the_earlier_of_both_limits(last_seen: int, remember: bool, ends: int) -> None:
    assert limits.expiry(NOON, after(last_seen), SECTION, remember=remember) == after(ends)


@pytest.fixture
def client(make_app):
    settings = {"idle_seconds": 1_000, "absolute_seconds": 3_000, "remember_seconds": 9_000, "admin_idle_seconds": 300}
    client = add_views(make_app(sessions=settings)).test_client()
    client.get("/sign-in/7")
    return client


def test_a_session_ends_after_its_idle_time_and_its_row_goes(client, travel) -> None:
    travel(999)
    assert client.get("/who").json["user"] == 7
    travel(999)
    assert client.get("/who").json["user"] == 7
    travel(1_001)

    assert client.get("/who").json["user"] is None
    assert rows(client.application) == []


def test_a_session_ends_at_its_absolute_limit_however_much_it_is_used(client, travel) -> None:
    for _ in range(3):
        travel(900)
        assert client.get("/who").json["user"] == 7
    travel(301)

    assert client.get("/who").json["user"] is None


def test_the_admin_ends_a_session_that_the_site_would_keep(client, travel) -> None:
    travel(299)
    assert client.get("/admin/hello").json["user"] == 7
    travel(301)

    assert client.get("/admin/hello").json["user"] is None
    assert client.get("/who").json["user"] is None


def test_using_the_site_keeps_the_admin_open(client, travel) -> None:
    for _ in range(3):
        travel(200)
        client.get("/who")

    assert client.get("/admin/hello").json["user"] == 7


def test_staying_signed_in_lengthens_the_same_session(client, travel) -> None:
    client.get("/sign-in/8?remember=1")
    travel(4_000)

    assert client.get("/who").json["user"] == 8
    travel(9_001)
    assert client.get("/who").json["user"] is None


def test_a_limit_lowered_in_the_settings_holds_for_sessions_that_are_open(client, travel, make_app) -> None:
    url = client.application.config["SQLALCHEMY_DATABASE_URI"]
    stricter = add_views(make_app(database={"url": url}, sessions={"idle_seconds": 60})).test_client()
    stricter.set_cookie("session", client.get_cookie("session").value)
    assert stricter.get("/who").json["user"] == 7
    travel(61)

    assert stricter.get("/who").json["user"] is None


def test_last_seen_is_written_at_most_once_a_minute(client, travel) -> None:
    def seen() -> dt.datetime:
        return rows(client.application)[0].last_seen_at

    first = seen()
    travel(50)
    client.get("/who")
    assert seen() == first
    travel(11)
    client.get("/who")
    assert seen() - first >= dt.timedelta(seconds=60)


@table_only
def test_ended_rows_go_when_the_house_is_kept(client, travel) -> None:
    for user in range(1, 4):
        client.application.test_client().get(f"/sign-in/{user}")
    assert len(rows(client.application)) == 4
    travel(1_001)

    client.application.test_client().get("/sign-in/9")
    with client.application.app_context():
        assert pruning.prune(client.application) == 4

    assert [row.user_id for row in rows(client.application)] == [9]
