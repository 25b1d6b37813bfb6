"""Entries written by name, pauses, and who and where an entry says it was."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer

from demijohn import audit, db
from demijohn.audit.log import record_once, set_actor_source
from demijohn.audit.models import AuditEntry


def entries() -> list[AuditEntry]:
    return list(db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))


def add(name: str) -> None:
    db.session.add(Customer(name=name, email=f"{name}@example.com"))


def test_an_event_is_kept_with_the_work_it_belongs_to(app: Flask) -> None:
    with app.app_context():
        audit.record("auth.sign_in", table="user", key=7, changes={"method": "password", "token": "abc"}, actor_id=7)
        db.session.commit()
        audit.record("auth.sign_in", table="user", key=8)
        db.session.rollback()

        (entry,) = entries()
        assert (entry.action, entry.table, entry.key, entry.actor_id) == ("auth.sign_in", "user", "7", 7)
        assert entry.changes == {"method": [None, "password"], "token": [None, "(secret)"]}
        assert entry.at.utcoffset() is not None


def test_a_refusal_is_kept_though_the_caller_rolls_back(app: Flask) -> None:
    with app.app_context():
        record_once("auth.sign_in_refused", changes={"email": "ada@example.com"})
        db.session.rollback()

        (entry,) = entries()
        assert entry.action == "auth.sign_in_refused"


def test_callers_work_where_the_battery_is_off(make_app: Any) -> None:
    app = make_app(features={"audit": False})
    with app.app_context():
        audit.record("auth.sign_in")
        record_once("auth.sign_in_refused")
        with audit.paused("nothing to pause"):
            add("Ada")
        db.session.commit()

        assert db.session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 1
        assert not sa.inspect(db.engine).has_table("audit_entry") or entries() == []


def test_a_pause_hides_changes_and_is_itself_logged(app: Flask) -> None:
    with app.app_context():
        add("before")
        with audit.paused("import of old customers"):
            add("inside")
            db.session.flush()
            db.session.execute(sa.update(Customer).values(name="all"))
            add("pending")
        add("after")
        db.session.commit()

        names = [(entry.action, entry.changes.get("name", entry.changes.get("reason"))) for entry in entries()]
        assert sorted(names) == [
            ("audit.paused", [None, "import of old customers"]),
            ("create", [None, "after"]),
            ("create", [None, "before"]),
        ]


def test_a_pause_that_fails_ends(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), audit.paused("will fail"):
            raise ZeroDivisionError
        add("after")
        db.session.commit()

        assert [entry.action for entry in entries()] == ["audit.paused", "create"]


def test_a_pause_needs_a_reason(app: Flask) -> None:
    with app.app_context(), pytest.raises(ValueError, match="needs a reason"), audit.paused("  "):
        pass


def test_a_request_says_who_from_where_and_which_request(app: Flask) -> None:
    set_actor_source(app, lambda: (5, "ada@example.com"))

    @app.post("/customers")
    def create() -> str:
        add("Ada")
        db.session.commit()
        return "ok"

    app.config["WTF_CSRF_ENABLED"] = False
    response = app.test_client().post("/customers")

    assert response.status_code == 200
    with app.app_context():
        (entry,) = entries()
        assert (entry.channel, entry.address) == ("web", "127.0.0.1")
        assert (entry.actor_id, entry.actor) == (5, "ada@example.com")


def test_a_command_says_it_was_one_and_who_sat_there(app: Flask) -> None:
    @app.cli.command("add-customer")
    def add_customer() -> None:
        add("Ada")
        db.session.commit()

    result = app.test_cli_runner().invoke(args=["add-customer"])

    assert result.exit_code == 0
    with app.app_context():
        (entry,) = entries()
        assert entry.channel == "command"
        assert entry.address is None
        assert entry.actor


def test_work_outside_requests_and_commands_is_a_job(app: Flask) -> None:
    with app.app_context():
        add("Ada")
        db.session.commit()

        assert [entry.channel for entry in entries()] == ["job"]


def test_the_actor_may_be_read_from_the_database_while_a_flush_runs(app: Flask) -> None:
    with app.app_context():
        add("actor")
        db.session.commit()

    def from_database() -> tuple[int, str]:
        actor = db.session.scalars(sa.select(Customer).where(Customer.name == "actor")).one()
        return actor.id, actor.name

    set_actor_source(app, from_database)
    with app.app_context():
        add("Ada")
        db.session.commit()

        assert entries()[-1].actor == "actor"
