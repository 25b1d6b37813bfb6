"""JSON in a form: what is wrong is said with its place, and nothing is lost or guessed."""

import json
import math
from typing import Any

from wtforms import fields

from demijohn.admin.keys import LONGEST_NUMBER
from demijohn.admin.words import gettext

LONGEST = 1_000_000
"""Characters of a document that is taken; our choice."""
DEEPEST = 100
"""Levels of a document; our choice, well under what Python and PostgreSQL take."""


class DocumentField(fields.TextAreaField):
    """A JSON document, indented; empty is none."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else json.dumps(self.data, ensure_ascii=False, indent=2)

    def process_formdata(self, valuelist: Any) -> None:
        if valuelist:
            self.data = read_document(valuelist[0])


def read_document(text: str) -> Any:
    """What the text says; None for none.

    Raises:
        ValueError: it is no JSON, too long or too deep, or says something twice; the text names the place.
    """
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise ValueError(gettext("This is longer than %(count)s characters.", count=f"{LONGEST:,}"))
    try:
        found = json.loads(text, **READERS)
    except json.JSONDecodeError as error:
        place = gettext("Line %(line)d, column %(column)d", line=error.lineno, column=error.colno)
        raise ValueError(f"{place}: {error.msg}.") from None
    except RecursionError:
        raise ValueError(gettext("This is nested too deeply.")) from None
    refuse_unkept(found)
    return found


def refuse_unkept(document: Any) -> None:
    """Raise if the document is deeper than `DEEPEST`, or holds what databases refuse in texts."""
    level = [document]
    for _ in range(DEEPEST):
        texts = [one for one in level if isinstance(one, str)]
        inner = [one for one in level if isinstance(one, dict | list)]
        texts += [name for one in inner if isinstance(one, dict) for name in one]
        if any("\x00" in text for text in texts):
            raise ValueError(gettext("This text holds a character that can't be stored."))
        if not inner:
            return
        level = [value for one in inner for value in (one.values() if isinstance(one, dict) else one)]
    raise ValueError(gettext("This is nested too deeply."))


def whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(gettext("This number is too large."))
    return int(text)


def finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(gettext("This number is too large."))
    return number


def refuse_constant(name: str) -> Any:
    raise ValueError(gettext("%(name)s is no JSON.", name=name))


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a name that comes twice would lose a value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(gettext("“%(name)s” comes twice in one object.", name=twice[:60]))
    return found


READERS: dict[str, Any] = {
    "parse_constant": refuse_constant, "parse_int": whole, "parse_float": finite, "object_pairs_hook": each_once,
}  # fmt: skip
