"""Each type of the type map keeps its value on SQLite and on PostgreSQL."""

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import ForeignKey
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import Model, db
from demijohn.database import LongText

MakeApp = Callable[..., Flask]
NOON = dt.datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=dt.UTC)


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Shape(Enum):
    ROUND = "round thing"


class Specimen(Model):
    whole: Mapped[int | None]
    text: Mapped[str | None]
    long: Mapped[LongText | None]
    money: Mapped[Decimal | None]
    narrow: Mapped[Decimal | None] = mapped_column(sa.Numeric(20, 2))
    colour: Mapped[Colour | None]
    size: Mapped[Size | None]
    shape: Mapped[Shape | None]
    word: Mapped[Literal["yes", "no"] | None]
    moment: Mapped[dt.datetime | None]
    day: Mapped[dt.date | None]
    hour: Mapped[dt.time | None]
    flag: Mapped[bool | None]
    ratio: Mapped[float | None]
    raw: Mapped[bytes | None]
    unique: Mapped[uuid.UUID | None]
    document: Mapped[dict[str, Any] | None]
    items: Mapped[list[str] | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("specimen.id"))


class Tale(Model):
    words: Mapped[LongText]


@pytest.fixture
def app(make_data_app: MakeApp, database_url: str) -> Flask:
    return make_data_app(models=[Specimen, Tale], database={"url": database_url})


def test_a_long_text_can_be_required(app: Flask) -> None:
    with app.app_context():
        db.session.add(Tale(words="x" * 100_000))
        db.session.commit()

        assert len(db.session.scalars(sa.select(Tale.words)).one()) == 100_000
        assert not Tale.__table__.c.words.nullable


def kept(app: Flask, **values: Any) -> Specimen:
    with app.app_context():
        db.session.add(Specimen(**values))
        db.session.commit()
    with app.app_context():
        return db.session.scalars(sa.select(Specimen)).one()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whole", 2**62),
        ("whole", -(2**63)),
        ("text", "Grüße 🌍" * 20),
        ("long", "x" * 100_000),
        ("money", Decimal("99999999999999.9999")),
        ("money", Decimal("-99999999999999.9999")),
        ("money", Decimal("0.0001")),
        ("money", Decimal(0)),
        ("narrow", Decimal("12345678901234567.89")),
        ("colour", Colour.RED),
        ("size", Size.LARGE),
        ("shape", Shape.ROUND),
        ("word", "yes"),
        ("moment", NOON),
        ("day", dt.date(1, 1, 1)),
        ("hour", dt.time(23, 59, 59, 999999)),
        ("flag", True),
        ("ratio", 0.1),
        ("raw", bytes(range(256))),
        ("unique", uuid.UUID(int=7)),
        ("document", {"a": [1, None, {"b": "ü"}]}),
        ("items", ["b", "a"]),
    ],
)
def test_value_survives_the_database(app: Flask, name: str, value: Any) -> None:
    found = getattr(kept(app, **{name: value}), name)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("name", [column.name for column in Specimen.__table__.columns if column.name != "id"])
def test_nothing_stays_nothing(app: Flask, name: str) -> None:
    assert getattr(kept(app, **{name: None}), name) is None


def test_moment_comes_back_in_utc(app: Flask) -> None:
    berlin = dt.timezone(dt.timedelta(hours=2))

    found = kept(app, moment=NOON.astimezone(berlin)).moment

    assert found == NOON
    assert found is not None
    assert found.tzinfo is dt.UTC


def test_naive_moment_is_refused_with_the_fix(app: Flask) -> None:
    with app.app_context(), pytest.raises(StatementError, match="has no time zone; use datetime"):
        db.session.execute(sa.insert(Specimen).values(moment=NOON.replace(tzinfo=None)))


def test_moments_compare_across_time_zones(app: Flask) -> None:
    kept(app, moment=NOON)
    later_in_tokyo = (NOON + dt.timedelta(minutes=1)).astimezone(dt.timezone(dt.timedelta(hours=9)))

    with app.app_context():
        assert db.session.scalar(sa.select(Specimen.id).where(Specimen.moment < later_in_tokyo)) == 1
        assert db.session.scalar(sa.select(sa.func.max(Specimen.moment))) == NOON


def test_enum_is_stored_as_its_value_without_native_type_or_check(app: Flask) -> None:
    kept(app, colour=Colour.RED, size=Size.LARGE)

    with app.app_context():
        stored = db.session.execute(sa.text("SELECT colour, size FROM specimen")).one()
        inspector = sa.inspect(db.engine)
        column = next(c for c in inspector.get_columns("specimen") if c["name"] == "colour")
        assert tuple(stored) == ("red", "3")
        assert str(column["type"]) == "VARCHAR(64)"
        assert inspector.get_check_constraints("specimen") == []


def test_foreign_key_has_the_type_of_the_key_it_refers_to(app: Flask) -> None:
    with app.app_context():
        columns = {c["name"]: str(c["type"]) for c in sa.inspect(db.engine).get_columns("specimen")}

    assert columns["parent_id"] == columns["id"] == columns["whole"]
    assert columns["text"] == "VARCHAR(255)"
    assert columns["money"] == "NUMERIC(18, 4)"


def test_ids_count_up_from_one(app: Flask) -> None:
    with app.app_context():
        db.session.add_all([Specimen(), Specimen()])
        db.session.commit()
        assert db.session.scalars(sa.select(Specimen.id).order_by(Specimen.id)).all() == [1, 2]
