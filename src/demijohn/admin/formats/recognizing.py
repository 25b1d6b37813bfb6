"""Which format a column has: pure functions over SQLAlchemy columns.

`mapped_column(info={"format": "email"})` says it. A column of short text called `email`, `website` and the like
counts as one by its name: it is put in and shown so, but nothing is refused.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from demijohn.admin.kinds import is_secret, kind_of
from demijohn.errors import SetupError

Format = Literal["email", "url", "phone", "color", "money", "markdown"]

BY_NAME: tuple[tuple[re.Pattern[str], Format], ...] = (
    (re.compile(r"(.+_)?e_?mail(_address)?"), "email"),
    (re.compile(r"(.+_)?(url|website|homepage)"), "url"),
    (re.compile(r"(.+_)?(phone|telephone|mobile|fax)(_number)?"), "phone"),
    (re.compile(r"(.+_)?colou?r"), "color"),
)
FITS: dict[Format, frozenset[str]] = {
    "email": frozenset({"text", "long"}),
    "url": frozenset({"text", "long"}),
    "phone": frozenset({"text", "long"}),
    "color": frozenset({"text", "long"}),
    "money": frozenset({"decimal", "float"}),
    "markdown": frozenset({"text", "long"}),
}
"""Format -> the kinds of column that can have it."""


@dataclass(frozen=True, kw_only=True)
class Formatted:
    """A column's format.

    Attributes:
        is_said: whether the model says it, so that what is none is refused.
        currency: of money, its code or sign.
        currency_from: of money, the attribute of the same record that holds it.
    """

    format: Format
    is_said: bool
    currency: str = ""
    currency_from: str = ""


def format_of(column: Any) -> Formatted | None:
    """The column's format; None for a plain value and for secrets.

    Raises:
        SetupError: the model says one that there is not, or that such a column can't have.
    """
    info = getattr(column, "info", {})
    said = info.get("format")
    if is_secret(column):
        return None
    if said is None:
        found = by_name(str(column.key or column.name)) if kind_of(column) == "text" else None
        return None if found is None else Formatted(format=found, is_said=False)
    if said not in get_args(Format) or kind_of(column) not in FITS[said]:
        fitting = [name for name in get_args(Format) if kind_of(column) in FITS[name]]
        raise SetupError(
            f"the column {column} says info={{'format': {said!r}}}, which it can't have.",
            fix=f"name one of these, or leave it out: {', '.join(fitting) or 'there is none for its type'}.",
        )
    return Formatted(
        format=said,
        is_said=True,
        currency=str(info.get("currency", "")),
        currency_from=str(info.get("currency_from", "")),
    )


def by_name(name: str) -> Format | None:
    return next((found for pattern, found in BY_NAME if pattern.fullmatch(name.lower())), None)


def currency_of(formatted: Formatted | None, record: Any) -> str:
    """The currency of an amount, of the record or of its column; empty where neither says."""
    if formatted is None or formatted.format != "money":
        return ""
    own = getattr(record, formatted.currency_from, None) if formatted.currency_from and record is not None else None
    return str(getattr(own, "value", own) or formatted.currency)
