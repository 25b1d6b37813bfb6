"""How formats are shown in lists and on a record's page: Flask-Admin column formatters."""

import decimal
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from demijohn.admin.formats.fields import is_sound
from demijohn.admin.formats.markdown import rendered
from demijohn.admin.formats.recognizing import Formatted, currency_of, format_of
from demijohn.admin.formatting import TEXT_IN_A_LIST, number_text
from demijohn.admin.kinds import mapper_of
from demijohn.admin.scoping import shown_value

LINKS = {
    "email": Markup('<a href="mailto:%s">%s</a>'),
    "phone": Markup('<a href="tel:%s">%s</a>'),
    "url": Markup('<a href="%s" rel="noopener noreferrer nofollow" target="_blank">%s</a>'),
}
COLOR = Markup(
    '<span class="dm-color"><svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" rx="3" fill="%s"/>'
    "</svg>%s</span>"
)
NUMBER = Markup('<span class="dj-number">%s</span>')


class Cell:
    """Shows one column by its format; nothing of what is out of form becomes a link."""

    def __init__(self, formatted: Formatted, *, in_full: bool) -> None:
        self.formatted = formatted
        self.in_full = in_full

    def __call__(self, view: Any, context: Any, record: Any, name: str) -> Any:
        value = shown_value(record, name)
        if value is None or value == "":
            return ""
        if self.formatted.format == "money":
            return self.money(record, value)
        text = str(value)
        if self.formatted.format == "markdown":
            return rendered(text) if self.in_full else shortened(text)
        return self.as_text(text) if is_sound(self.formatted, text) else shortened(text)

    def money(self, record: Any, value: Any) -> Markup:
        currency = currency_of(self.formatted, record)
        amount = number_text(value if isinstance(value, decimal.Decimal | float) else decimal.Decimal(value))
        return NUMBER % (f"{amount}\N{NO-BREAK SPACE}{currency}" if currency else amount)

    def as_text(self, text: str) -> Markup:
        if self.formatted.format == "color":
            return COLOR % (text, text)
        return LINKS[self.formatted.format] % (self.target(text), text if self.in_full else shortened(text))

    def target(self, text: str) -> str:
        """What the link leads to."""
        if self.formatted.format == "email":
            return quote(text, safe="@+")
        if self.formatted.format == "phone":
            return "".join(sign for sign in text if sign.isdecimal() or sign == "+")
        return text


def shortened(text: str) -> str:
    return text if len(text) <= TEXT_IN_A_LIST else f"{text[: TEXT_IN_A_LIST - 1]}…"


def format_cells(model: type, *, in_full: bool) -> dict[str, Cell]:
    """Attribute -> its formatter, of every column that has a format."""
    found = {a.key: format_of(a.columns[0]) for a in mapper_of(model).column_attrs}
    return {str(name): Cell(one, in_full=in_full) for name, one in found.items() if one is not None}
