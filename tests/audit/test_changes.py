"""What the log holds after changes through the unit of work."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order, Status
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn import Model, db
from demijohn.audit.log import history
from demijohn.audit.models import AuditEntry

tagging = sa.Table(
    "audited_tagging",
    Model.metadata,
    sa.Column("article_id", ForeignKey("audited_article.id"), primary_key=True),
    sa.Column("tag_id", ForeignKey("audited_tag.id"), primary_key=True),
)


class AuditedTag(Model):
    name: Mapped[str]


class AuditedParagraph(Model):
    article_id: Mapped[int] = mapped_column(ForeignKey("audited_article.id"))
    text: Mapped[str]


class AuditedArticle(Model):
    title: Mapped[str]
    api_key: Mapped[str | None]
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    cover: Mapped[bytes | None]
    tags: Mapped[list[AuditedTag]] = relationship(secondary=tagging)
    paragraphs: Mapped[list[AuditedParagraph]] = relationship(cascade="all, delete-orphan")


class AuditedVisit(Model):
    __table_args__ = {"info": {"audit": False}}

    page: Mapped[str]


@pytest.fixture
def app(make_app: Any, database_url: str) -> Flask:
    models = [AuditedTag, AuditedParagraph, AuditedArticle, AuditedVisit]
    return make_app(models=models, database={"url": database_url})


def entries(**where: Any) -> list[AuditEntry]:
    return list(db.session.scalars(sa.select(AuditEntry).filter_by(**where).order_by(AuditEntry.id)))


def order(**values: Any) -> Order:
    customer = Customer(name="Ada", email="ada@example.com")
    return Order(customer=customer, total=Decimal("9.50"), **values)


def test_a_new_record_is_logged_with_its_key_and_every_value(app: Flask) -> None:
    with app.app_context():
        placed = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)
        db.session.add(order(placed_at=placed))
        db.session.commit()

        (entry,) = entries(table="order")
        assert (entry.action, entry.key) == ("create", "1")
        assert entry.changes == {
            "id": [None, 1],
            "customer_id": [None, 1],
            "status": [None, "draft"],
            "total": [None, "9.50"],
            "placed_at": [None, "2026-03-04T05:06:00+00:00"],
        }


def test_a_change_is_logged_as_old_and_new(app: Flask) -> None:
    with app.app_context():
        db.session.add(order())
        db.session.commit()
    with app.app_context():
        found = db.session.get_one(Order, 1)
        found.status = Status.PAID
        found.total = Decimal("10.25")
        db.session.commit()

        (entry,) = entries(table="order", action="update")
        assert entry.changes == {"status": ["draft", "paid"], "total": ["9.5000", "10.25"]}


def test_the_old_value_is_known_even_when_the_session_had_forgotten_it(app: Flask) -> None:
    with app.app_context():
        made = order(note="first")
        db.session.add(made)
        db.session.commit()  # everything expires
        made.note = "second"
        db.session.commit()

        (entry,) = entries(table="order", action="update")
        assert entry.changes == {"note": ["first", "second"]}


def test_setting_the_same_value_again_is_no_change(app: Flask) -> None:
    with app.app_context():
        made = order(note="same")
        db.session.add(made)
        db.session.commit()
        made.note = "same"
        db.session.commit()

        assert entries(table="order", action="update") == []


def test_a_deleted_record_is_logged_with_what_it_held(app: Flask) -> None:
    with app.app_context():
        made = order(note="bye")
        db.session.add(made)
        db.session.commit()
        db.session.delete(made)
        db.session.commit()

        (entry,) = entries(table="order", action="delete")
        assert entry.key == "1"
        assert entry.changes["note"] == ["bye", None]
        assert entry.changes["total"] == ["9.5000", None]


def test_a_changed_relationship_shows_the_foreign_key(app: Flask) -> None:
    with app.app_context():
        made = order()
        other = Customer(name="Bob", email="bob@example.com")
        db.session.add_all([made, other])
        db.session.commit()
        made.customer = other
        db.session.commit()

        (entry,) = entries(table="order", action="update")
        assert entry.changes == {"customer_id": [1, 2]}


def test_links_in_a_table_of_their_own_are_logged_on_the_record(app: Flask) -> None:
    with app.app_context():
        old, new = AuditedTag(name="old"), AuditedTag(name="new")
        article = AuditedArticle(title="One", tags=[old])
        db.session.add_all([article, new])
        db.session.commit()
        article.tags[:] = [new]
        db.session.commit()

        (entry,) = entries(table="audited_article", action="update")
        assert entry.changes == {"tags": [[f"{old.id} (old)"], [f"{new.id} (new)"]]}


def test_orphans_that_a_rule_deletes_are_logged(app: Flask) -> None:
    with app.app_context():
        article = AuditedArticle(title="One", paragraphs=[AuditedParagraph(text="a"), AuditedParagraph(text="b")])
        db.session.add(article)
        db.session.commit()
        article.paragraphs.pop(0)
        db.session.commit()
        db.session.delete(article)
        db.session.commit()

        deleted = entries(action="delete")
        assert [entry.table for entry in deleted][:1] == ["audited_paragraph"]
        assert sorted(entry.table or "" for entry in deleted) == [
            "audited_article",
            "audited_paragraph",
            "audited_paragraph",
        ]
        assert deleted[0].changes["text"] == ["a", None]


def test_secrets_are_masked_by_name_and_inside_documents(app: Flask) -> None:
    with app.app_context():
        article = AuditedArticle(title="One", api_key="sk-123", facts={"password": "hunter2", "pages": 3})
        db.session.add(article)
        db.session.commit()
        article.api_key = "sk-456"
        db.session.commit()

        created, updated = entries(table="audited_article")
        assert created.changes["api_key"] == [None, "(secret)"]
        assert created.changes["facts"] == [None, {"password": "(secret)", "pages": 3}]
        assert updated.changes == {"api_key": ["(secret)", "(secret)"]}


def test_a_document_changed_as_a_whole_shows_both_forms(app: Flask) -> None:
    with app.app_context():
        article = AuditedArticle(title="One", facts={"pages": 3})
        db.session.add(article)
        db.session.commit()
        article.facts = {"pages": 4}
        db.session.commit()

        (entry,) = entries(table="audited_article", action="update")
        assert entry.changes == {"facts": [{"pages": 3}, {"pages": 4}]}


def test_a_document_changed_inside_still_shows_the_old_form(app: Flask) -> None:
    with app.app_context():
        article = AuditedArticle(title="One", facts={"pages": 3})
        db.session.add(article)
        db.session.commit()
        article.facts["pages"] = 4
        sa.orm.attributes.flag_modified(article, "facts")
        db.session.commit()

        (entry,) = entries(table="audited_article", action="update")
        assert entry.changes == {"facts": [{"pages": 3}, {"pages": 4}]}


def test_bytes_are_named_by_length_and_digest_not_copied(app: Flask) -> None:
    with app.app_context():
        db.session.add(AuditedArticle(title="One", cover=b"\x89PNG"))
        db.session.commit()

        (entry,) = entries(table="audited_article")
        assert entry.changes["cover"][1].startswith("4 bytes, SHA-256 ")


def test_long_values_are_cut_and_say_so(app: Flask, make_app: Any) -> None:
    with app.app_context():
        db.session.add(AuditedArticle(title="One", facts={"text": "x" * 3000}))
        db.session.commit()

        (entry,) = entries(table="audited_article")
        assert entry.changes["facts"][1].endswith("… (3012 characters)")
        assert len(entry.changes["facts"][1]) < 600


def test_an_expression_is_logged_as_one(app: Flask) -> None:
    with app.app_context():
        made = order()
        db.session.add(made)
        db.session.commit()
        made.total = Order.total + 1  # type: ignore[assignment]
        db.session.commit()

        (entry,) = entries(table="order", action="update")
        assert entry.changes["total"][0] == "9.5000"
        assert "total" in entry.changes["total"][1]
        assert made.total == Decimal("10.50")


def test_tables_declared_without_audit_are_left_out(app: Flask) -> None:
    with app.app_context():
        db.session.add(AuditedVisit(page="/"))
        db.session.commit()
        db.session.execute(sa.update(AuditedVisit).values(page="/x"))
        db.session.execute(sa.text("DELETE FROM audited_visit"))
        db.session.commit()

        assert entries() == []


def test_what_is_rolled_back_was_never_logged(app: Flask) -> None:
    with app.app_context():
        db.session.add(order())
        db.session.flush()
        db.session.rollback()

        assert entries() == []


def test_a_savepoint_that_is_undone_takes_its_entries_along(app: Flask) -> None:
    with app.app_context():
        db.session.add(Customer(name="Kept", email="kept@example.com"))
        db.session.flush()
        savepoint = db.session.begin_nested()
        db.session.add(Customer(name="Lost", email="lost@example.com"))
        db.session.execute(sa.update(Customer).values(name="All"))
        db.session.flush()
        savepoint.rollback()
        db.session.commit()

        assert [entry.changes["name"] for entry in entries()] == [[None, "Kept"]]


def test_a_flush_that_fails_leaves_the_log_able_to_go_on(app: Flask) -> None:
    with app.app_context():
        db.session.add(Customer(name="Ada", email="same@example.com"))
        db.session.commit()
        db.session.add(Customer(name="Eve", email="same@example.com"))
        with pytest.raises(sa.exc.IntegrityError):
            db.session.flush()
        db.session.rollback()
        db.session.execute(sa.update(Customer).values(name="Grace"))
        db.session.commit()

        assert [entry.action for entry in entries()] == ["create", "bulk.update"]


def test_one_flush_costs_one_more_statement_however_many_records(app: Flask) -> None:
    statements: list[tuple[str, int]] = []
    with app.app_context():

        @sa.event.listens_for(db.engine, "before_cursor_execute")
        def count(conn: Any, cursor: Any, sql: str, params: Any, *rest: Any) -> None:
            statements.append((sql, len(params) if rest[-1] else 1))

        db.session.add_all([Customer(name=str(i), email=f"{i}@example.com") for i in range(50)])
        db.session.commit()

    log = [(sql, rows) for sql, rows in statements if "audit_entry" in sql]
    assert len(log) == 1
    assert log[0][0].startswith("INSERT INTO audit_entry")
    assert log[0][1] == 50


def test_history_is_newest_first_and_of_one_record(app: Flask) -> None:
    with app.app_context():
        first, second = order(note="a"), order(note="b")
        second.customer = first.customer
        db.session.add_all([first, second])
        db.session.commit()
        first.note = "c"
        db.session.commit()

        found = db.session.scalars(history("order", first.id)).all()
        assert [entry.action for entry in found] == ["update", "create"]
        assert {entry.key for entry in found} == {str(first.id)}


def test_an_application_without_the_battery_logs_nothing_beside_one_that_has_it(make_app: Any) -> None:
    with_audit = make_app()
    without = make_app(features={"audit": False}, create_tables=False)
    with without.app_context():
        db.metadata.create_all(db.engine)  # the table is there: nothing but the switch keeps it empty
        db.session.add(Customer(name="Ada", email="ada@example.com"))
        db.session.execute(sa.update(Customer).values(name="B"))
        db.session.commit()

        assert entries() == []
    with with_audit.app_context():
        db.session.add(Customer(name="Ada", email="ada@example.com"))
        db.session.commit()

        assert len(entries()) == 1


def test_an_expression_shows_the_old_value_also_when_it_was_loaded(app: Flask) -> None:
    with app.app_context():
        db.session.add(order())
        db.session.commit()
    with app.app_context():
        made = db.session.get_one(Order, 1)
        made.total = Order.total + 1  # type: ignore[assignment]
        db.session.commit()

        (entry,) = entries(table="order", action="update")
        assert entry.changes["total"][0] == "9.5000"
