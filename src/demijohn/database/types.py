"""Column types that mean the same on every database."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

LongText = Annotated[str, "long"]
"""Text of any length: `Mapped[LongText]`."""

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64-bit key; INTEGER on SQLite, where only that counts up."""


class UTCDateTime(TypeDecorator[dt.datetime]):
    """An aware moment, UTC in and out; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use datetime.now(UTC).")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


MONEY = sa.Numeric(18, 4)
DECIMAL = Decimal
