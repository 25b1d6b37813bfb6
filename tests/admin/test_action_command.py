"""Actions as commands: the same method, the same answers, told on the terminal and in the log."""

import json
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, flash
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, add
from wtforms.validators import ValidationError

from demijohn import db
from demijohn.admin import ModelView, action
from demijohn.audit.models import AuditEntry


class Reason(Enum):
    LATE = "late"
    LOYAL = "loyal"


class Orders(ModelView):
    model = Order

    @action("discount", "Give a discount", "Sure?")
    def discount(
        self, ids: list[int], percent: int, why: Reason, remark: str | None = None, is_final: bool = True
    ) -> None:
        if percent > 50:
            raise ValidationError("That is too much.")
        note = f"{percent} {why.value} {remark} {is_final}"
        db.session.execute(sa.update(Order).where(Order.id.in_(ids)).values(note=note))
        if percent == 50:
            db.session.execute(sa.update(Order).values(customer_id=9999))
        db.session.commit()
        flash(f"{len(ids)} cheaper")


@pytest.fixture
def shop(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(admin_views=[Orders], database={"url": database_url})
    add(app, Customer(name="Ada", email="ada@example.com"))
    add(app, *(Order(customer_id=1, total=Decimal(n)) for n in range(3)))
    return app


def run(app: Flask, *words: str, says: str | None = None) -> Any:
    return app.test_cli_runner().invoke(args=["action", *words], input=says)


def notes(app: Flask) -> list[str | None]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Order.note).order_by(Order.id)))


def test_an_action_runs_on_the_records_named(shop: Flask) -> None:
    words = (
        "run",
        "order",
        "discount",
        "1",
        "3",
        "1",
        "--set",
        "percent=5",
        "--set",
        "why=LATE",
        "--set",
        "is_final=no",
    )

    done = run(shop, *words, "--yes")

    assert (done.exit_code, done.output) == (0, "2 cheaper\nDone: 2 records.\n")
    assert notes(shop) == ["5 late None False", None, "5 late None False"]
    with shop.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "action.discount")).one()
        assert (entry.channel, entry.changes["percent"][1], entry.changes["records"][1]) == ("command", 5, 2)


def test_an_action_with_a_question_asks_it(shop: Flask) -> None:
    words = ("run", "order", "discount", "1", "--set", "percent=5", "--set", "why=LOYAL")

    refused, done = run(shop, *words, says="n\n"), run(shop, *words, says="y\n")

    assert (refused.exit_code, "Sure?" in refused.output, done.exit_code) == (1, True, 0)
    assert notes(shop) == ["5 loyal None True", None, None]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("order", "discount", "1"), 2, "--set percent=…"),
        (
            ("order", "discount", "1", "--set", "percent=x", "--set", "why=LATE"),
            2,
            "percent: Not a valid",
        ),
        (("order", "discount", "1", "--set", "percent=5", "--set", "why=bored"), 2, "LATE, LOYAL"),
        (("order", "discount", "1", "--set", "color=5"), 2, "does not ask for 'color'"),
        (("order", "discount", "77", "--set", "percent=5", "--set", "why=LATE"), 2, "no order with the key '77'"),
        (("order", "discount", "a,b", "--set", "percent=5", "--set", "why=LATE"), 2, "no order with the key 'a,b'"),
        (("order", "delete", "1"), 2, "flask action list"),
        (("nothing", "discount", "1"), 2, "flask action list"),
        (("order", "discount", "1", "--set", "percent=99", "--set", "why=LATE"), 1, "That is too much."),
        (("order", "discount", "1", "--set", "percent=50", "--set", "why=LATE"), 1, "refers to does not exist"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_written(
    shop: Flask, words: tuple[str, ...], code: int, told: str
) -> None:
    done = run(shop, "run", *words, "--yes")

    assert (done.exit_code, told in done.output) == (code, True), done.output
    assert "Traceback" not in done.output
    assert notes(shop) == [None, None, None]
    with shop.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "action.discount")) == 0


def test_the_list_names_every_action_and_what_it_asks_for(shop: Flask) -> None:
    listed = json.loads(run(shop, "list", "--json").output)

    asks = ["percent", "why", "remark", "is_final"]
    assert {"table": "order", "action": "discount", "text": "Give a discount", "asks": asks} in listed
    assert "flask action run order discount KEY… --set percent=…" in run(shop, "list").output
