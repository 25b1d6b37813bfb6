"""A place in a list as an address carries it: the values of the list's sort keys in one row.

Only values by which the person asking may sort are ever in it. Nothing is trusted: whoever makes one up gets the rows
after that place, which a filter shows them too.
"""

import base64
import binascii
import datetime as dt
import decimal
import enum
import json
import uuid
import zlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from demijohn.admin.keys import enum_members, parse_value
from demijohn.admin.kinds import kind_of
from demijohn.admin.lists.order import SortKey

LONGEST = 1_500
"""Characters of a cursor that are read; our choice."""
LONGEST_TEXT = 255
"""Characters of a text that a cursor holds; our choice."""

KINDS = frozenset({"text", "long", "int", "decimal", "float", "bool", "enum", "date", "datetime", "time", "uuid"})


def can_be_compared(column: Any) -> bool:
    """Whether a value of this column can be written down and compared with exactly."""
    if not hasattr(column, "type") or isinstance(column.type, sa.REAL):  # a REAL comes back as another number
        return False
    return kind_of(column) in KINDS


def write_cursor(keys: Sequence[SortKey], values: Sequence[Any]) -> str | None:
    """The place of a row with these values; None if it can't be written down."""
    texts = [None if value is None else _text(key, value) for key, value in zip(keys, values, strict=True)]
    if any(text is not None and (len(text) > LONGEST_TEXT or "\x00" in text) for text in texts):
        return None
    written = json.dumps([_signature(keys), *texts], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


def read_cursor(keys: Sequence[SortKey], cursor: str) -> list[Any] | None:
    """The values at a place; None for what is no place in a list of this order."""
    found = _unpacked(cursor)
    if not isinstance(found, list) or len(found) != len(keys) + 1 or found[0] != _signature(keys):
        return None
    values = [_value(key, text) for key, text in zip(keys, found[1:], strict=True)]
    return None if any(value is UNREADABLE for value in values) else values


UNREADABLE = object()


def _unpacked(cursor: str) -> Any:
    if len(cursor) > LONGEST or not cursor.isascii():
        return None
    try:
        return json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError, binascii.Error):
        return None


def _signature(keys: Sequence[SortKey]) -> int:
    """Tells an order from another, so that a place of one is not looked for in the other."""
    return zlib.crc32(",".join(f"{'-' if key.descends else ''}{key.name}" for key in keys).encode())


def _text(key: SortKey, value: Any) -> str:
    if isinstance(value, enum.Enum):
        return next((text for text, member in enum_members(key.column) if member is value), "")
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return value.hex if isinstance(value, uuid.UUID) else str(value)


def _value(key: SortKey, text: Any) -> Any:
    if text is None:
        return None if key.may_be_null else UNREADABLE
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        return UNREADABLE
    if kind_of(key.column) == "enum":
        return next((member for value, member in enum_members(key.column) if value == text), UNREADABLE)
    if kind_of(key.column) == "float":
        return _finite(text)
    value = parse_value(key.column, text)
    return UNREADABLE if value is None else value


def _finite(text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        return UNREADABLE
    return value if abs(value) < float("inf") else UNREADABLE
