"""What a value becomes in a file: shown by a spreadsheet and never run; exact, nothing rounded."""

import datetime as dt
import decimal
import enum
import re
from typing import Any

from demijohn.admin.formatting import cell_text, plain_text

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet run a cell.

Source:
    OWASP, CSV Injection.
"""

SUSPECT = frozenset({*RUN_BY_SPREADSHEETS, " "})
"""First characters of what needs a closer look."""

EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps (an IEEE 754 double)."""

LONGEST_CELL = 32_767
"""Characters of a cell of a workbook (ECMA-376)."""

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML can't hold."""


def safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet shows and does not run; numbers stay numbers."""
    text = value if type(value) is str else cell_text(value)
    if not isinstance(text, str) or text[:1] not in SUSPECT or _is_number(text):
        return text
    return f"'{text}" if text.lstrip(" ").startswith(RUN_BY_SPREADSHEETS) else text


def as_typed(text: str) -> str:
    """The text without the apostrophe that `safe_cell` put before it."""
    return text[1:] if text[:1] == "'" and text[1:].lstrip(" ").startswith(RUN_BY_SPREADSHEETS) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


def json_value(value: Any) -> Any:
    """A value as JSON holds it: decimals as text, so that no reader rounds them."""
    if value is None or isinstance(value, bool | int | float | str):
        return value if not isinstance(value, enum.Enum) else value.value
    if isinstance(value, list | tuple | set):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return value
    return cell_text(value) if isinstance(value, dt.datetime | decimal.Decimal | enum.Enum) else plain_text(value)


def sheet_value(value: Any) -> Any:
    """A value as a workbook holds it: a number, a moment in UTC without its zone, a day, or text."""
    if isinstance(value, bool) or value is None:
        return plain_text(value)
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, dt.datetime):
        plain = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
        return plain if plain.year >= 1900 else cell_text(value)
    if isinstance(value, dt.date):
        return value if value.year >= 1900 else value.isoformat()
    if isinstance(value, int | float | decimal.Decimal):
        return value if is_exact(value) else str(cell_text(value))
    return UNPRINTABLE.sub("\ufffd", str(cell_text(value)))[:LONGEST_CELL]


def is_exact(number: float | decimal.Decimal) -> bool:
    """Whether a spreadsheet would keep every digit."""
    digits = decimal.Decimal(number) if not isinstance(number, float) else decimal.Decimal(repr(number))
    return digits.is_finite() and (isinstance(number, float) or len(digits.as_tuple().digits) <= EXACT_DIGITS)
