"""Form fields of formats: the keyboard a phone shows for them, and what they refuse."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import url_for
from markupsafe import Markup
from wtforms import fields
from wtforms.validators import ValidationError
from wtforms.widgets import TextArea, TextInput

from demijohn.admin.formats.markdown import can_render
from demijohn.admin.formats.recognizing import Formatted
from demijohn.admin.words import gettext
from demijohn.auth.addresses import AddressError, normalise_address
from demijohn.words import lazy_gettext

COLOR = re.compile(r"#[0-9a-fA-F]{6}")
PHONE = re.compile(r"\+?[0-9][0-9 ()/.x-]{2,}")


class ColorInput(TextInput):
    """A text input beside which the page puts a browser's own for colours, which can't be empty by itself."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        return super().__call__(field, **{"data-dm-color": gettext("Choose a colour"), "spellcheck": "false", **kwargs})


class ColorField(fields.StringField):
    """A colour as `#rrggbb`."""

    widget = ColorInput()


class MarkdownArea(TextArea):
    """A text area that the page gives a preview, where Markdown can be rendered."""

    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        if can_render():
            preview = {"data-dm-preview": url_for("admin-markdown.index"), "data-words": gettext("Preview")}
            kwargs = {**preview, **kwargs}
        return super().__call__(field, **kwargs)


class MarkdownField(fields.TextAreaField):
    """Text with Markdown's marks, and a preview made on the server."""

    widget = MarkdownArea()


FIELDS: dict[str, type[fields.Field]] = {
    "email": fields.EmailField,
    "url": fields.URLField,
    "phone": fields.TelField,
    "color": ColorField,
    "markdown": MarkdownField,
}


@lru_cache(maxsize=4096)
def is_email(text: str) -> bool:
    try:
        normalise_address(text)
    except AddressError:
        return False
    return text == text.strip()


def is_address(text: str) -> bool:
    """Whether a link may lead there: http or https, with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f<>\"]", text)
    except ValueError:
        return False


SOUND: dict[str, tuple[Callable[[str], bool], Any]] = {
    "email": (is_email, lazy_gettext("Write an e-mail address: name@example.com.")),
    "url": (is_address, lazy_gettext("Write an address that begins with https:// or http://.")),
    "phone": (
        lambda text: PHONE.fullmatch(text) is not None,
        lazy_gettext("Write a telephone number: +44 20 7946 0000."),
    ),
    "color": (lambda text: COLOR.fullmatch(text) is not None, lazy_gettext("Write a colour as #rrggbb.")),
}
"""Format -> whether a text is one, and what is said where it is not."""


def is_sound(formatted: Formatted, text: str) -> bool:
    """Whether the text is what its format says."""
    check = SOUND.get(formatted.format)
    return check is None or check[0](text)


class FitsFormat:
    """Refuses text that is not what the model says it is; what was there before and was not touched may stay."""

    def __init__(self, formatted: Formatted) -> None:
        self.formatted = formatted

    def __call__(self, form: Any, field: Any) -> None:
        before = getattr(getattr(form, "_obj", None), field.short_name, None)
        if field.data and field.data != before and not is_sound(self.formatted, field.data):
            raise ValidationError(str(SOUND[self.formatted.format][1]))


def text_field(formatted: Formatted, field_args: dict[str, Any]) -> Any:
    """The field of a text's format."""
    if formatted.is_said and formatted.format in SOUND:
        field_args["validators"].append(FitsFormat(formatted))
    return FIELDS[formatted.format](**field_args)
