"""How values are shown: as markup in lists and details, as plain text in exports, history and comparisons."""

import datetime as dt
import decimal
import enum
import json
import re
from typing import Any

from flask_admin.model import typefmt
from markupsafe import Markup

from demijohn.words import ORIGINAL, gettext, language

TEXT_IN_A_LIST = 120
"""Characters of a text shown in a list cell; our choice."""

YES, NO = Markup('<span class="dj-yes">Yes</span>'), Markup('<span class="dj-no">No</span>')
SAID = Markup('<span class="%s">%s</span>')
ENUM = Markup('<span class="dj-enum" data-value="%s">%s</span>')
NUMBER = Markup('<span class="dj-number">%s</span>')
TIME = Markup('<time datetime="%s">%s</time>')


def noun(model: type) -> str:
    """What one record of the model is called: `OrderLine` is an `order line`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", model.__name__).lower()


def in_words(name: str) -> str:
    """A column's name as people read it: `placed_at` is `Placed at`, `customer.name` is `Customer name`."""
    return upper_first(re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_.]+", " ", name).strip())


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def enum_label(member: enum.Enum) -> str:
    """A member as people read it: its `label` if it has one, else its name in words."""
    label = getattr(member, "label", None)
    return str(label) if label is not None and not callable(label) else member.name.replace("_", " ").capitalize()


def number_text(value: decimal.Decimal | float) -> str:
    """A number with grouped thousands and at least two places: `1,234.50`."""
    exact = value if isinstance(value, decimal.Decimal) else decimal.Decimal(repr(value))
    if not exact.is_finite():
        return str(exact)
    places = max(2, -int(exact.normalize().as_tuple().exponent))
    return f"{exact:,.{places}f}"


def exact_text(value: decimal.Decimal, *, least: int = 2) -> str:
    """A number as a field holds it: at least so many places, no zeros beyond: `972.90`, `1.2345`."""
    if not value.is_finite():
        return str(value)
    return f"{value:.{max(least, -int(value.normalize().as_tuple().exponent))}f}"


def moment_text(value: dt.datetime) -> str:
    """A moment to the minute in UTC; a naive one is shown as it is."""
    if value.tzinfo is None:
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def plain_text(value: Any) -> str:
    """Any value as text for people, without markup."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, enum.Enum):
        return enum_label(value)
    if isinstance(value, dt.datetime):
        return moment_text(value)
    if isinstance(value, decimal.Decimal | float):
        return number_text(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list | tuple | set):
        return ", ".join(plain_text(item) for item in value)
    return str(value)


def cell_text(value: Any) -> Any:
    """A value as an export holds it: numbers and moments exact, the rest as people read it."""
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return plain_text(value)


def _yes_no(view: Any, value: bool, name: str) -> Markup:  # noqa: FBT001 - Flask-Admin's signature
    if language() == ORIGINAL:
        return YES if value else NO
    return SAID % (("dj-yes", gettext("Yes")) if value else ("dj-no", gettext("No")))


def _enum(view: Any, value: enum.Enum, name: str) -> Markup:
    return ENUM % (value.value, enum_label(value))


def _number(view: Any, value: Any, name: str) -> Markup:
    return NUMBER % number_text(value)


def _moment(view: Any, value: dt.datetime, name: str) -> Markup:
    return TIME % (value.isoformat(timespec="seconds"), moment_text(value))


def _day(view: Any, value: dt.date, name: str) -> Markup:
    return TIME % (value.isoformat(), value.isoformat())


def _short(view: Any, value: str, name: str) -> str:
    if isinstance(value, Markup) or len(value) <= TEXT_IN_A_LIST:
        return value
    return value[: TEXT_IN_A_LIST - 1] + "…"


def _plain(view: Any, value: Any, name: str) -> str:
    return plain_text(value)


def _cell(view: Any, value: Any, name: str) -> Any:
    return cell_text(value)


DETAILS = {
    **typefmt.DETAIL_FORMATTERS,
    bool: _yes_no,
    enum.Enum: _enum,
    dt.datetime: _moment,
    dt.date: _day,
    decimal.Decimal: _number,
    float: _number,
    list: _plain,
}
"""Type -> formatter, first match wins (an enum of text is an enum, a moment is not a day)."""
LISTS = {**DETAILS, str: _short}
EXPORTS = {object: _cell}
