"""Record keys as they come in addresses and forms, made into the columns' own types.

PostgreSQL refuses `bigint = varchar`, and a key that no record can have is answered without asking the database.
"""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import Iterable
from typing import Any

from flask_admin.tools import iterdecode, iterencode

from demijohn.admin.kinds import kind_of, mapper_of

LARGEST = 2**63 - 1
LONGEST_NUMBER = 400
"""Places before or after the point of a decimal that is looked at (every float has fewer before it); our choice."""


def key_text(model: Any) -> str:
    """A record's key as addresses carry it (Flask-Admin's own encoding)."""
    return keys_text(mapper_of(type(model)).primary_key_from_instance(model))


def keys_text(values: Iterable[Any]) -> str:
    """The same of the values of a key's columns."""
    return str(iterencode(_as_text(value) for value in values))


def _as_text(value: Any) -> str:
    return str(value.value) if isinstance(value, enum.Enum) else str(value)


class RawKey(str):
    """A key of text as the column holds it, handed to an action: not in the encoding of addresses."""

    __slots__ = ()


def parse_key(model: type, text: Any) -> tuple[Any, ...] | None:
    """The key in the columns' own types; None if no record can have it."""
    columns = mapper_of(model).primary_key
    is_encoded = isinstance(text, str) and not isinstance(text, RawKey)
    parts = text if isinstance(text, tuple) else iterdecode(text) if is_encoded else (text,)
    if len(parts) != len(columns):
        return None
    values = tuple(parse_value(column, part) for column, part in zip(columns, parts, strict=True))
    return None if any(value is None for value in values) else values


def parse_keys(model: type, texts: Iterable[Any]) -> list[tuple[Any, ...]]:
    """The keys that records can have, each once, in the order given."""
    found = [key for key in (parse_key(model, text) for text in texts) if key is not None]
    return list(dict.fromkeys(found))


def parse_value(column: Any, text: Any) -> Any:
    """A text made into the column's own type; None if it can't be one."""
    if not isinstance(text, str):
        return text
    if "\x00" in text:
        return None
    try:
        return PARSERS.get(kind_of(column), str)(text) if kind_of(column) != "enum" else _member(column, text)
    except (ValueError, ArithmeticError):
        return None


def _whole(text: str) -> int | None:
    if not text.isascii() or len(text) > 20:
        return None
    value = int(text)
    return value if -LARGEST <= value <= LARGEST else None


def _decimal(text: str) -> decimal.Decimal | None:
    value = decimal.Decimal(text)
    return value if len(text) < 100 and is_sane(value) else None


def is_sane(value: decimal.Decimal) -> bool:
    """Whether it is a number of a length that can be calculated with and written out; `1e999999999` is not."""
    return value.is_finite() and abs(int(value.as_tuple().exponent)) <= LONGEST_NUMBER


def _bool(text: str) -> bool | None:
    return {"1": True, "true": True, "0": False, "false": False}.get(text.lower())


def _member(column: Any, text: str) -> Any:
    return next((member for value, member in enum_members(column) if text == value), None)


def enum_members(column: Any) -> list[tuple[str, Any]]:
    """Stored text -> what Python gets (a member, or the text itself for an Enum of plain texts), in order."""
    type_ = column.type
    class_ = getattr(type_, "enum_class", None)
    if class_ is None:
        return [(text, text) for text in type_.enums]
    members = [member for member in class_ if _stored(type_, member) in type_.enums]
    return [(_stored(type_, member), member) for member in members]


def _stored(type_: Any, member: enum.Enum) -> str:
    values = type_.values_callable
    if values is None:
        return member.name
    return str(dict(zip(type(member), values(type(member)), strict=False)).get(member, member.name))


PARSERS: dict[str, Any] = {
    "int": _whole,
    "decimal": _decimal,
    "float": _decimal,
    "bool": _bool,
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
    "uuid": uuid.UUID,
    "text": str,
    "long": str,
}
