"""How a record names itself to people."""

import re
from typing import Any

import sqlalchemy as sa

FIRST_CHOICES = ("name", "title", "label", "email")
SECRET = re.compile(r"password|secret|token|digest|hash|api_?key|private", re.IGNORECASE)


def readable(record: Any) -> str:
    """The record's name, title, label, e-mail or first short text, else its class and key: `Order 3`."""
    state = sa.inspect(record)
    for key in naming_columns(state.mapper):
        value = state.dict.get(key) if state.detached else getattr(record, key)
        if isinstance(value, str) and value:
            return value
    identity = state.identity or ("(new)",)
    return " ".join([type(record).__name__, *map(str, identity)])


def naming_columns(mapper: Any) -> list[str]:
    """Attributes that may name a record, best first; never a secret one, never a foreign key."""
    columns = {attribute.key: attribute.columns[0] for attribute in mapper.column_attrs}
    texts = [key for key, column in columns.items() if is_short_text(column) and not SECRET.search(key)]
    return [key for key in FIRST_CHOICES if key in columns] + [key for key in texts if key not in FIRST_CHOICES][:1]


def is_short_text(column: Any) -> bool:
    type_ = column.type
    return isinstance(type_, sa.String) and not isinstance(type_, sa.Text | sa.Enum) and not column.foreign_keys
