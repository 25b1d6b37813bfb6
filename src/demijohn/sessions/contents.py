"""What a session holds, as text: Flask's tagged JSON, with errors that name the key.

Imports no database.
"""

from typing import Any

from flask.json.tag import TaggedJSONSerializer

MAX_BYTES = 65_536

SERIALIZER = TaggedJSONSerializer()


class SessionTooBigError(ValueError):
    """The session would hold more than 64 kB."""


def load(text: str) -> dict[str, Any]:
    data: dict[str, Any] = SERIALIZER.loads(text)
    return data


def dump(data: dict[str, Any]) -> str:
    """The data as one line of text.

    Raises:
        TypeError: a value that cannot be stored; names its key and type.
        SessionTooBigError: more than 64 kB; names the largest key.
    """
    parts = {key: dump_value(key, value) for key, value in data.items()}
    text = SERIALIZER.dumps(data)
    if len(text.encode()) > MAX_BYTES:
        largest = max(parts, key=lambda key: len(parts[key]))
        raise SessionTooBigError(
            f"the session would hold {len(text.encode()):,} bytes (at most {MAX_BYTES:,});"
            f" session[{largest!r}] is the largest. Store it in a table and keep its key in the session."
        )
    return text


def dump_value(key: str, value: Any) -> str:
    try:
        return SERIALIZER.dumps(value)
    except TypeError as error:
        raise TypeError(
            f"session[{key!r}] holds a {type(value).__name__} that cannot be stored ({error})."
            " Keep ids and plain values in the session."
        ) from error


def merge(stored: str, *, before: str, after: dict[str, Any]) -> dict[str, Any]:
    """What to store when another request may have written meanwhile: only the keys this one changed are taken.

    Args:
        stored: what the row holds now.
        before: what it held when this request read it.
        after: what this request made of it.
    """
    old = load(before)
    merged = load(stored)
    for key in old.keys() - after.keys():
        merged.pop(key, None)
    for key, value in after.items():
        if key not in old or dump_value(key, old[key]) != dump_value(key, value):
            merged[key] = value
    return merged
