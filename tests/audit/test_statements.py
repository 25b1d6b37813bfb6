"""Writes that do not go through the unit of work, but through `db.session`: one entry each."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer

from demijohn import db
from demijohn.audit.models import AuditEntry, AuditSeal
from demijohn.audit.recorder import AuditLogIsFinalError


@pytest.fixture
def app(make_app: Any, database_url: str) -> Flask:
    made = make_app(database={"url": database_url})
    with made.app_context():
        db.session.add_all([Customer(name=f"C{i}", email=f"{i}@example.com") for i in range(3)])
        db.session.commit()
    return made


def bulk() -> list[tuple[str, str | None, Any]]:
    found = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action.like("bulk.%")).order_by(AuditEntry.id)
    ).all()
    return [(entry.action, entry.table, entry.changes["rows"]) for entry in found]


STATEMENTS = {
    "ORM update": (lambda: db.session.execute(sa.update(Customer).values(name="x")), "bulk.update", 3),
    "ORM update that fetches": (
        lambda: db.session.execute(
            sa.update(Customer).values(name="x").where(Customer.id < 3),
            execution_options={"synchronize_session": "fetch"},
        ),
        "bulk.update",
        2,
    ),
    "ORM delete": (lambda: db.session.execute(sa.delete(Customer).where(Customer.id == 1)), "bulk.delete", 1),
    "legacy query update": (lambda: db.session.query(Customer).update({"name": "x"}), "bulk.update", 3),
    "legacy query delete": (lambda: db.session.query(Customer).delete(), "bulk.delete", 3),
    "Core update": (lambda: db.session.execute(sa.update(Customer.__table__).values(name="x")), "bulk.update", 3),
    "Core insert of many": (
        lambda: db.session.execute(
            sa.insert(Customer.__table__), [{"name": "n", "email": f"n{i}@example.com"} for i in range(4)]
        ),
        "bulk.insert",
        4,
    ),
    "ORM insert of many": (
        lambda: db.session.execute(
            sa.insert(Customer), [{"name": "n", "email": f"n{i}@example.com"} for i in range(4)]
        ),
        "bulk.insert",
        4,
    ),
    "ORM insert that returns": (
        lambda: db.session.scalars(
            sa.insert(Customer).returning(Customer.id), [{"name": "n", "email": f"n{i}@example.com"} for i in range(4)]
        ).all(),
        "bulk.insert",
        4,
    ),
    "insert from select": (
        lambda: db.session.execute(
            sa.insert(Customer).from_select(["name", "email"], sa.select(Customer.name, Customer.email + "x"))
        ),
        "bulk.insert",
        3,
    ),
    "bulk_insert_mappings": (
        lambda: db.session.bulk_insert_mappings(
            sa.inspect(Customer), [{"name": "n", "email": f"n{i}@example.com"} for i in range(4)]
        ),
        "bulk.insert",
        4,
    ),
    "bulk_save_objects": (
        lambda: db.session.bulk_save_objects([Customer(name="n", email=f"n{i}@example.com") for i in range(4)]),
        "bulk.insert",
        4,
    ),
    "written SQL": (lambda: db.session.execute(sa.text("UPDATE customer SET name = 'x'")), "bulk.update", 3),
    "written insert": (
        lambda: db.session.execute(
            sa.text("INSERT INTO customer (name, email) SELECT name, email || 'x' FROM customer WHERE id < 3")
        ),
        "bulk.insert",
        2,
    ),
    "the session's connection": (
        lambda: db.session.connection().execute(sa.text('delete from "customer" where id = 1')),
        "bulk.delete",
        1,
    ),
}


@pytest.mark.parametrize(("write", "action", "rows"), STATEMENTS.values(), ids=STATEMENTS.keys())
def test_every_statement_through_the_session_is_one_entry(app: Flask, write: Any, action: str, rows: int) -> None:
    with app.app_context():
        write()
        db.session.commit()

        assert bulk() == [(action, "customer", [None, rows])]


def test_two_transactions_of_one_session_are_both_watched_and_once(app: Flask) -> None:
    with app.app_context():
        for name in ("a", "b"):
            db.session.execute(sa.update(Customer).values(name=name))
            with db.session.begin_nested():
                db.session.execute(sa.update(Customer).values(name=name * 2))
            db.session.commit()

        assert len(bulk()) == 4


def test_a_connection_of_ones_own_is_not_seen(app: Flask) -> None:
    with app.app_context():
        with db.engine.begin() as connection:
            connection.execute(sa.update(Customer.__table__).values(name="x"))  # type: ignore[arg-type]

        assert bulk() == []


def test_reading_is_not_logged(app: Flask) -> None:
    with app.app_context():
        db.session.scalars(sa.select(Customer)).all()
        db.session.execute(sa.text("SELECT * FROM customer"))
        db.session.commit()

        assert bulk() == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda: db.session.execute(sa.update(AuditEntry).values(actor="nobody")),
        lambda: db.session.execute(sa.delete(AuditEntry)),
        lambda: db.session.execute(sa.delete(AuditEntry.__table__)),
        lambda: db.session.query(AuditEntry).delete(),
        lambda: db.session.execute(sa.text("DELETE FROM audit_entry")),
        lambda: db.session.connection().execute(sa.text("update audit_entry set actor = 'x'")),
    ],
    ids=["ORM update", "ORM delete", "Core delete", "legacy delete", "written SQL", "the connection"],
)
def test_nobody_edits_the_log_by_statement(app: Flask, edit: Any) -> None:
    with app.app_context():
        with pytest.raises(AuditLogIsFinalError, match="cannot be changed"):
            edit()
        db.session.rollback()

        assert db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) == 3


def test_nobody_makes_an_entry_or_a_seal_by_hand(app: Flask) -> None:
    with app.app_context():
        for made in (AuditEntry(action="x", channel="job"), AuditSeal(number=1, kind="entries", ids=[])):
            db.session.add(made)
            with pytest.raises(AuditLogIsFinalError, match=r"written by demijohn.audit.record"):
                db.session.commit()
            db.session.rollback()


def test_nobody_edits_the_log_by_object(app: Flask) -> None:
    with app.app_context():
        entry = db.session.get_one(AuditEntry, 1)
        entry.actor = "somebody else"
        with pytest.raises(AuditLogIsFinalError):
            db.session.commit()
        db.session.rollback()
        db.session.delete(db.session.get_one(AuditEntry, 1))
        with pytest.raises(AuditLogIsFinalError):
            db.session.commit()
        db.session.rollback()

        assert db.session.get_one(AuditEntry, 1).actor is None
