"""Decimals: the same sums, order and arithmetic on SQLite as on PostgreSQL, and never a float."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import Model, db

MakeApp = Callable[..., Flask]
D = Decimal


class Line(Model):
    __tablename__ = "decimal_line"
    price: Mapped[Decimal | None]
    cents: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 2))
    quantity: Mapped[int] = mapped_column(default=1)


@pytest.fixture
def app(make_data_app: MakeApp, database_url: str) -> Flask:
    return make_data_app(models=[Line], database={"url": database_url})


def ask(app: Flask, expression: Any, *, price: str = "10.5", cents: str = "2.25", quantity: int = 3) -> Any:
    """The value of an expression over one line."""
    with app.app_context():
        db.session.add(Line(price=D(price), cents=D(cents), quantity=quantity))
        db.session.commit()
        return db.session.scalar(sa.select(expression))


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        (Line.price + D("1.25"), D("11.75")),
        (Line.price + 1, D("11.5")),
        (D(20) - Line.price, D("9.5")),
        (Line.price - D("0.5"), D(10)),
        (-Line.price, D("-10.5")),
        (Line.price * 2, D(21)),
        (2 * Line.price, D(21)),
        (Line.price * D("0.19"), D("1.995")),
        (D("0.19") * Line.price, D("1.995")),
        (Line.price * Line.quantity, D("31.5")),
        (Line.quantity * Line.price, D("31.5")),
        (Line.quantity + Line.price, D("13.5")),
        (Line.price + Line.quantity, D("13.5")),
        (Line.price - Line.cents, D("8.25")),
        (Line.cents - Line.price, D("-8.25")),
        (Line.price * Line.cents, D("23.625")),
        (Line.cents * Line.price, D("23.63")),
        (Line.price / 4, D("2.625")),
        (Line.price / D("0.5"), D(21)),
        (Line.price / Line.cents, D("4.6667")),
        (D(21) / Line.price, D(2)),
        (Line.quantity * Line.price * (1 - D("0.1")), D("28.35")),
        (sa.func.sum(Line.price), D("10.5")),
        (sa.func.sum(Line.price * Line.quantity), D("31.5")),
        (sa.func.avg(Line.price), D("10.5")),
        (sa.func.max(Line.price), D("10.5")),
        (sa.func.abs(Line.price - 20), D("9.5")),
        (sa.func.coalesce(Line.price, 0), D("10.5")),
        (sa.func.coalesce(sa.func.sum(Line.cents), D(0)), D("2.25")),
        (sa.case((Line.price > 10, Line.price), else_=D(0)), D("10.5")),
        (sa.func.sum(sa.case((Line.price > 11, Line.price), else_=sa.literal(D("1.5"), Line.price.type))), D("1.5")),
    ],
    ids=str,
)
def test_arithmetic_gives_the_same_decimal_on_every_database(app: Flask, expression: Any, answer: Decimal) -> None:
    found = ask(app, expression)

    assert isinstance(found, Decimal)
    assert found == answer


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Line.price == D("10.5"), True),
        (Line.price == D("10.50005"), False),
        (Line.price < D("10.50005"), True),
        (Line.price > D("10.49995"), True),
        (Line.price > 10, True),
        (D(10) - Line.price < 0, True),
        (Line.price.between(D("10.5"), D("10.5")), True),
        (Line.price.in_([D("10.5"), D(3)]), True),
        (Line.price.in_([D("10.50001")]), False),
        (Line.price > Line.cents, True),
        (Line.price > Line.quantity, True),
        (Line.quantity < Line.price, True),
        (Line.price == "10.5", True),
        (Line.price > D("1e30"), False),
    ],
    ids=str,
)
def test_comparison_is_exact(app: Flask, condition: Any, holds: bool) -> None:
    assert bool(ask(app, condition)) is holds


def test_sums_and_order_are_exact_where_floats_are_not(app: Flask) -> None:
    prices = [D("99999999999999.9998"), D("99999999999999.9999"), D("0.1"), D("0.2"), D("-3.1"), D("10"), D("9")]
    with app.app_context():
        db.session.add_all(Line(price=price) for price in prices)
        db.session.commit()

        assert db.session.scalar(sa.select(sa.func.sum(Line.price))) == sum(prices)
        assert db.session.scalars(sa.select(Line.price).order_by(Line.price)).all() == sorted(prices)


def test_average_is_rounded_to_the_columns_decimals(app: Flask) -> None:
    with app.app_context():
        db.session.add_all(Line(price=price) for price in (D(1), D(1), D(0)))
        db.session.commit()

        assert db.session.scalar(sa.select(sa.func.avg(Line.price))) == D("0.6667")


@pytest.mark.parametrize(
    ("given", "stored"), [("1.00005", "1.0001"), ("-1.00005", "-1.0001"), ("1.00004999", "1")], ids=str
)
def test_too_many_decimals_are_rounded_half_away_from_zero(app: Flask, given: str, stored: str) -> None:
    assert ask(app, Line.price, price=given) == D(stored)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (D("100000000000000"), "does not fit: at most 14 digits before the point and 4 after"),
        (D("99999999999999.99995"), "does not fit"),
        (D("NaN"), "not a finite number"),
        (D("Infinity"), "not a finite number"),
        ("12,50", "is not a number"),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused(app: Flask, value: Any, words: str) -> None:
    with app.app_context(), pytest.raises(StatementError, match=words):
        db.session.execute(sa.insert(Line).values(price=value))


def test_update_by_expression_stays_exact(app: Flask) -> None:
    ask(app, Line.price)
    with app.app_context():
        db.session.execute(sa.update(Line).values(price=Line.price * D("1.1")))
        db.session.commit()

        assert db.session.scalar(sa.select(Line.price)) == D("11.55")


def test_average_of_anything_else_is_as_before(app: Flask) -> None:
    assert float(ask(app, sa.func.avg(Line.quantity))) == 3.0


@pytest.mark.parametrize(
    "expression",
    [sa.func.coalesce(Line.price, D("1.5")), sa.func.round(Line.price, 1) > D("1.5")],
    ids=["in coalesce", "beside an untyped function"],
)
def test_decimal_without_a_unit_is_refused_on_sqlite(make_data_app: MakeApp, expression: Any) -> None:
    app = make_data_app(models=[Line])

    with pytest.raises(StatementError, match=r"write sa\.literal\(value, Model\.column\.type\)"):
        ask(app, expression)
