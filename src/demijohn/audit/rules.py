"""How values appear in the log: pure functions over plain values.

Imports neither Flask nor the database, so every rule can be tested with values.
"""

import datetime as dt
import enum
import hashlib
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from demijohn import secretnames

MASK = "(secret)"
SECRET_WORDS = frozenset(
    {
        "apikey",
        "authorization",
        "cookie",
        "credential",
        "credentials",
        "cvv",
        "digest",
        "hash",
        "key",
        "keys",
        "otp",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "pin",
        "pwd",
        "recovery",
        "salt",
        "secret",
        "secrets",
        "signature",
        "stamp",
        "token",
        "tokens",
        "totp",
    }
)
"""A column is also secret when a word of its name is one of these: `password_hash`, `key_of_door`, `resetToken`."""

HARMLESS = frozenset({"key", "sort_key", "foreign_key", "primary_key"})
"""Names that hold such a word and are no secret."""


def is_secret_name(name: str, further: Iterable[str] = ()) -> bool:
    """Whether a field of this name holds something that must not be written down."""
    lowered = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    if lowered in HARMLESS:
        return False
    words = set(re.split(r"[^a-z0-9]+", lowered))
    return secretnames.is_secret_name(lowered) or bool(words & (SECRET_WORDS | {word.lower() for word in further}))


def readable(value: Any, *, longest: int, further_secrets: Iterable[str] = ()) -> Any:
    """The value as JSON that a person can read and that loses nothing but length.

    Args:
        value: what a column holds, or an SQL expression it was set to.
        longest: texts longer than this are cut, and say how long they were.
        further_secrets: words that mark keys inside JSON values as secret, besides the usual ones.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, enum.Enum):
        return readable(value.value, longest=longest, further_secrets=further_secrets)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return structure(value, longest, tuple(further_secrets))
    return shortened(text_of(value), longest)


def text_of(value: Any) -> str:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        return f"{len(raw)} bytes, SHA-256 {hashlib.sha256(raw).hexdigest()}"
    return str(value)


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"


def structure(value: Any, longest: int, further: tuple[str, ...]) -> Any:
    """A JSON structure with its secrets masked; as cut text when it is longer than `longest` in JSON."""
    plain = masked_inside(value, further)
    as_json = json.dumps(plain, ensure_ascii=False, default=str)
    return plain if len(as_json) <= longest else shortened(as_json, longest)


def masked_inside(value: Any, further: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        return {
            str(name): MASK if is_secret_name(str(name), further) else masked_inside(inner, further)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked_inside(inner, further) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted((masked_inside(inner, further) for inner in value), key=str)
    return readable(value, longest=sys.maxsize)


AGO = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment_of(text: str, now: dt.datetime) -> dt.datetime:
    """The moment that somebody typed: a day, a moment (UTC unless it says otherwise), or how long before `now`.

    Raises:
        ValueError: it is none of these.
    """
    match = re.fullmatch(r"([0-9]{1,6})([mhdw])", text)
    try:
        if match:
            return now - dt.timedelta(**{AGO[match[2]]: int(match[1])})
        moment = dt.datetime.fromisoformat(text)
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r} is no moment; write 2026-11-21, 2026-11-21T10:30, or 2d for two days ago."
        ) from None
