"""`flask audit list`."""

import json
from typing import Any

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


def test_an_empty_log_says_so(app: Flask) -> None:
    result = run(app)

    assert (result.exit_code, result.output) == (0, "No entries.\n")
