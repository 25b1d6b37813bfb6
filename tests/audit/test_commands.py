"""`flask audit list`."""

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from shop import Customer

from demijohn import audit, db


def run(app: Flask, *args: str) -> Any:
    return app.test_cli_runner().invoke(args=["audit", "list", *args])


def test_entries_are_listed_newest_first_and_filtered(app: Flask) -> None:
    with app.app_context():
        ada = Customer(name="Ada", email="ada@example.com")
        db.session.add(ada)
        db.session.commit()
        ada.name = "Ada Lovelace"
        audit.record("auth.sign_in", table="user", key=7, changes={"token": "abc"}, actor_id=7, actor="ada@example.com")
        db.session.commit()

    every = json.loads(run(app, "--json").output)
    updates = json.loads(run(app, "--json", "--table", "customer", "--key", "1", "--action", "update").output)

    assert [row["action"] for row in every][-1] == "create"
    assert [row["changes"] for row in updates] == [{"name": ["Ada", "Ada Lovelace"]}]
    assert [row["key"] for row in json.loads(run(app, "--json", "--actor", "7").output)] == ["7"]
    plain = run(app).output
    assert "update customer 1  name: Ada → Ada Lovelace" in plain
    assert "abc" not in plain


@pytest.fixture
def busy(app: Flask, clock: Any) -> Flask:
    """Three days of events by two people."""
    with app.app_context():
        for day in range(3):
            for actor in (7, 8):
                audit.record(
                    f"auth.sign_{'in' if day % 2 else 'out'}", key=day, actor_id=actor, actor=f"u{actor}@x.example"
                )
            db.session.commit()
            clock.travel(timedelta(days=1))
    return app


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--event", "auth.sign_in"], 2),
        (["--event", "auth.*"], 6),
        (["--event", "auth.sign%*"], 0),
        (["--actor", "7"], 3),
        (["--actor", "u8@x.example"], 3),
        (["--since", "36h"], 2),
        (["--until", "36h"], 4),
        (["--since", "60h", "--until", "36h"], 2),
        (["--since", "2020-01-01"], 6),
        (["--until", "2020-01-01T10:30+02:00"], 0),
        (["--actor", "7", "--event", "auth.sign_in", "--key", "1"], 1),
        (["--limit", "4"], 4),
        (["--actor", "9" * 30], 0),
    ],
)
def test_filters_go_together(busy: Flask, options: list[str], count: int) -> None:
    assert len(json.loads(run(busy, "--json", *options).output)) == count


@pytest.mark.parametrize("when", ["yesterday", "3y", "2026-13-01", "0001-01-01T00:00+14:00", "999999w"])
def test_a_moment_that_is_none_is_wrong_use(app: Flask, when: str) -> None:
    result = run(app, "--since", when)

    assert result.exit_code == 2
    assert "is no moment" in result.output


def test_a_long_list_is_one_array(app: Flask) -> None:
    with app.app_context():
        for _ in range(1_200):
            audit.record("order.printed", changes={"name": "é"})
        db.session.commit()

    assert len(json.loads(run(app, "--json", "--limit", "5000").output)) == 1_200
    assert run(app, "--json", "--actor", "99").output == "[]\n"


def test_an_empty_log_says_so(app: Flask) -> None:
    result = run(app)

    assert (result.exit_code, result.output) == (0, "No entries.\n")
