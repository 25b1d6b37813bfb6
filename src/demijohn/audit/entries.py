"""Rows of the log, ready to be inserted: circumstances, keys, and fields with their secrets masked."""

from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapper

from demijohn.audit.changes import Change, key_of, table_of
from demijohn.audit.context import Audit, circumstances
from demijohn.audit.models import ENTRIES
from demijohn.audit.rules import MASK, is_secret_name, readable
from demijohn.audit.settings import AuditSettings
from demijohn.audit.signing import sign_entry

Row = dict[str, Any]


def insert(connection: sa.Connection, rows: list[Row]) -> None:
    """Sign the rows and write them in one statement."""
    connection.execute(sa.insert(ENTRIES), [signed(row) for row in rows])


def signed(row: Row) -> Row:
    """The row with its signature: only now, when nothing of it changes any more."""
    return {**row, "signature": sign_entry(current_app, row)}


def rows_of(audit: Audit, changes: list[Change]) -> list[Row]:
    shared = circumstances(audit)
    return [
        {
            **shared,
            "action": change.action,
            "table": table_of(change.state),
            "key": key_of(change.state),
            "changes": masked(change.fields, audit.section, change.state.mapper),
        }
        for change in changes
    ]


def row_of(audit: Audit, action: str, *, table: str | None, key: str | None, changes: dict[str, Any]) -> Row:
    """One row for an event that is not a flush; `changes` is field -> (old, new) or field -> value."""
    pairs = {name: value if is_pair(value) else (None, value) for name, value in changes.items()}
    return {
        **circumstances(audit),
        "action": action,
        "table": table,
        "key": key,
        "changes": masked(pairs, audit.section),
    }


def is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2


def masked(
    fields: dict[str, tuple[Any, Any]], section: AuditSettings, mapper: Mapper[Any] | None = None
) -> dict[str, list[Any]]:
    """The fields as the log keeps them: field -> [old, new], secrets masked, long values cut."""
    return {
        name: hidden(pair)
        if is_secret_name(name, section.secret_names) or is_secret_column(mapper, name)
        else [readable(value, longest=section.longest_value, further_secrets=section.secret_names) for value in pair]
        for name, pair in fields.items()
    }


def hidden(pair: tuple[Any, Any]) -> list[Any]:
    return [None if value is None else MASK for value in pair]


def is_secret_column(mapper: Mapper[Any] | None, name: str) -> bool:
    """Whether the column says it is secret: by `info={"secret": True}`, or by a type named after a secret."""
    if mapper is None or name not in mapper.column_attrs:
        return False
    column = mapper.column_attrs[name].columns[0]
    words = ("secret", "password", "encrypted", "token")
    return bool(column.info.get("secret")) or any(word in type(column.type).__name__.lower() for word in words)
