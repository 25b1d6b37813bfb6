"""Values as the audit wrote them, made into what the columns hold: exactly, or not at all."""

import datetime as dt
import json
import re
from typing import Any

from demijohn.admin.keys import enum_members, parse_value
from demijohn.admin.kinds import is_aware, kind_of
from demijohn.admin.words import gettext

CUT = re.compile(r"… \(\d+ characters\)\Z")
MASK = "(secret)"


class LostError(ValueError):
    """The log does not hold the value; the text says why, to people."""


def restored(column: Any, logged: Any) -> Any:
    """The value that a column held, from what the log says of it.

    Raises:
        LostError: the log masked it, cut it short or holds only its digest, or it is none of the column's any more.
    """
    if logged is None:
        return None
    if logged == MASK or MASK in json.dumps(logged, default=str):
        raise LostError(gettext("It is a secret, which the log does not hold."))
    if isinstance(logged, str) and CUT.search(logged):
        raise LostError(gettext("It was too long for the log."))
    kind = kind_of(column)
    if kind == "file":
        raise LostError(gettext("This file is gone: it was deleted when it was no longer needed."))
    if kind in {"binary", "other"}:
        raise LostError(gettext("The log does not hold values of this kind."))
    value = logged if kind == "json" else _typed(column, kind, logged)
    if value is None:
        raise LostError(gettext("It is no value of this field any more."))
    return value


def _typed(column: Any, kind: str, logged: Any) -> Any:
    if kind == "enum":
        return next((m for text, m in enum_members(column) if str(logged) in {text, str(_value(m))}), None)
    if kind == "bool":
        return bool(logged)
    value = parse_value(column, str(logged))
    if kind == "float" and value is not None:
        return float(value)
    if isinstance(value, dt.datetime) and value.tzinfo is None and is_aware(column):
        return value.replace(tzinfo=dt.UTC)
    return value


def _value(member: Any) -> Any:
    return getattr(member, "value", member)
