"""Signed digests of a record as it was shown, by which a later save or delete knows whether somebody changed it.

A digest is an HMAC of the table, the key and the values; nobody can make one for values they have not been shown.
"""

import datetime as dt
import decimal
import enum
import hashlib
import hmac
import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from flask import current_app

from demijohn.admin.keys import key_text
from demijohn.admin.kinds import mapper_of
from demijohn.database.uploads import StoredFile
from demijohn.security.secrets import derived_keys

PURPOSE = "admin-record"


def record_digest(record: Any, names: Iterable[str]) -> str:
    """The signed digest of a record's present values under these attribute names."""
    return _sign(derived_keys(_app(), PURPOSE)[0], _canonical(record, names))


def digester(model: type, names: Iterable[str]) -> Callable[[Any], str]:
    """`record_digest` for many records of a model, with what they share looked up once."""
    key, attributes = derived_keys(_app(), PURPOSE)[0], sorted(set(names))
    mapper = mapper_of(model)
    plain = {name for name in attributes if name in mapper.column_attrs}

    def digest(record: Any) -> str:
        if type(record) is not model:
            return _sign(key, _canonical(record, attributes))
        values = [
            [name, _plain(getattr(record, name) if name in plain else stored_value(record, name))]
            for name in attributes
        ]
        return _sign(key, _written(model, record, values))

    return digest


def is_unchanged(record: Any, names: Iterable[str], digests: Iterable[str]) -> bool:
    """Whether one of these digests was made of the record as it is now (also with an older secret key)."""
    canonical = _canonical(record, names)
    made = [_sign(key, canonical) for key in derived_keys(_app(), PURPOSE)]
    return any(hmac.compare_digest(mine, given) for given in digests if given.isascii() for mine in made)


def shown_values(record: Any, names: Iterable[str]) -> str:
    """A short digest of each value as shown, by which a conflict tells who of two people changed what."""
    return " ".join(f"{name}:{_short(record, name, stored_value(record, name))}" for name in sorted(set(names)))


def was_shown(shown: str, record: Any, name: str, value: Any) -> bool | None:
    """Whether `value` is the one that `shown_values` was made of; None if that does not say."""
    known = dict(part.split(":", 1) for part in shown.split() if ":" in part)
    return known[name] == _short(record, name, value) if name in known else None


def _short(record: Any, name: str, value: Any) -> str:
    """Enough to tell two values of one field apart; nothing rests on it but which of them is chosen at first."""
    return _sign(derived_keys(_app(), PURPOSE)[0], _written(type(record), record, [[name, _plain(value)]]))[:12]


def _app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def _sign(key: bytes, text: bytes) -> str:
    return hmac.digest(key, text, "sha256").hex()


def _canonical(record: Any, names: Iterable[str]) -> bytes:
    values = [[name, _plain(stored_value(record, name))] for name in sorted(set(names))]
    return _written(type(record), record, values)


def _written(model: Any, record: Any, values: list[Any]) -> bytes:
    return json.dumps([model.__table__.name, key_text(record), values], default=str, sort_keys=True).encode()


def stored_value(record: Any, name: str) -> Any:
    """What the database holds under an attribute: a relation is its keys, so that nothing need be loaded for it."""
    relation = mapper_of(type(record)).relationships.get(name)
    if relation is None:
        return getattr(record, name, None)
    if relation.direction.name == "MANYTOONE":
        mapper = mapper_of(type(record))
        return [getattr(record, mapper.get_property_by_column(c).key) for c in sorted(relation.local_columns, key=str)]
    related = getattr(record, name)
    return sorted(key_text(r) for r in related) if relation.uselist else related and key_text(related)


def related_value(record: Any, name: str, related: Any) -> Any:
    """What the database would hold under a relation if these were its records."""
    mapper = mapper_of(type(record))
    relation = mapper.relationships[name]
    if relation.direction.name != "MANYTOONE":
        return sorted(map(key_text, related)) if relation.uselist else related and key_text(related)
    pairs = sorted(relation.local_remote_pairs, key=lambda pair: str(pair[0]))
    target = relation.mapper
    return [None if related is None else getattr(related, target.get_property_by_column(r).key) for _, r in pairs]


def _plain(value: Any) -> Any:
    if value is None or type(value) in {str, int, bool}:
        return value
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, decimal.Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, StoredFile):
        return value.key
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(bytes(value)).hexdigest()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Collection) and not isinstance(value, str | dict):  # a set, or a proxy of one
        return sorted(str(_plain(item)) for item in value)
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)
