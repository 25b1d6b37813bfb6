"""Column types that mean the same on every database."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from demijohn.database.decimals import ExactDecimal, Int64


@dataclass(frozen=True)
class AnyLength:
    """Marks a text without a limit. No plain word would do: SQLAlchemy 2.1 reads one in an annotation as a name."""


LongText = Annotated[str, AnyLength()]
"""Text of any length: `Mapped[LongText]`."""

KEY = Int64().with_variant(sa.Integer(), "sqlite")
"""A whole number of 64 bits; INTEGER on SQLite, where a BIGINT key does not count up."""

MONEY = ExactDecimal(18, 4)
"""Fourteen digits before the point and four after, exact on every database."""

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")
"""A JSON value; JSONB on PostgreSQL, which can be compared and indexed."""

JSON_ANNOTATIONS = (
    *(dict, dict[str, Any], dict[str, object], dict[str, str], dict[str, int], dict[str, float], dict[str, bool]),
    *(list, list[Any], list[str], list[int], list[float], list[dict[str, Any]]),
)
"""Annotations kept as JSON; SQLAlchemy finds a generic type by equality only, so each is named."""

CHOICE = sa.Enum(
    enum.Enum,
    native_enum=False,
    create_constraint=False,
    length=64,
    values_callable=lambda members: [str(member.value) for member in members],
)
"""An enum as its values in VARCHAR(64): a new member needs no change of the database."""


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An aware moment, UTC in and out; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, dt.datetime):
            raise TypeError(f"{value!r} is not a moment; use datetime.combine(day, time(), UTC).")
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone; use datetime.now(UTC) or value.replace(tzinfo=UTC).")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return sa.Interval() if isinstance(value, dt.timedelta) else self
