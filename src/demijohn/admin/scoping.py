"""Rows that are not for the person asking: left out of queries, and not named where a record is related to them."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from flask import has_request_context

from demijohn.admin.keys import key_text
from demijohn.auth.access import current_user
from demijohn.auth.fieldrules import may_touch, models_of
from demijohn.auth.rows import in_scope, is_scoped, row_condition

HIDDEN = "(hidden)"
"""What stands in for a related record that the person asking may not see."""


def rows_for_me(model: type) -> Any | None:
    """What a row must meet for the person asking to see it; None for every row. Outside a request nobody asks."""
    if not has_request_context():
        return sa.false() if is_scoped(model) else None
    return row_condition(model, current_user)


def for_me(query: Any, model: type) -> Any:
    """The query without the rows of the model that are not for the person asking."""
    condition = rows_for_me(model)
    return query if condition is None else query.filter(condition)


def is_hidden(value: Any) -> bool:
    """Whether it is a record that is not for the person asking."""
    return getattr(type(value), "__mapper__", None) is not None and not in_scope(current_user, value)


def shown(value: Any) -> Any:
    """A record, or a collection of them, without what is not for the person asking."""
    if isinstance(value, list | tuple | set | frozenset):
        return [item for item in value if not is_hidden(item)] if any(map(is_hidden, value)) else value
    return HIDDEN if is_hidden(value) else value


def shown_value(record: Any, path: str) -> Any:
    """What is at the end of a path of attributes; None if something on the way is missing, HIDDEN if it is hidden."""
    value = record
    for name in path.split("."):
        value = shown(getattr(value, name, None))
        if value is None or value is HIDDEN:
            break
    return value


def shown_title(record: Any) -> str:
    return HIDDEN if is_hidden(record) else str(record)


def shown_change(table: str, field: str, pair: Any) -> tuple[Any, Any]:
    """Old and new value as the audit holds them, as far as they are for the person asking."""
    old, new = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (None, pair)
    if not may_touch(current_user, f"{table}.view", None, field):
        return (HIDDEN if old is not None else None), (HIDDEN if new is not None else None)
    relations: list[Any] = [sa.inspect(model).relationships.get(field) for model in models_of(table)]
    if any_restricted(relation.mapper.class_ for relation in relations if relation is not None):
        return only_keys(old), only_keys(new)
    return old, new


def only_keys(names: Any) -> Any:
    """Related records as the audit names them (`3 (Managers)`), without their names."""
    return [str(name).partition(" (")[0] for name in names] if isinstance(names, list) else names


def any_restricted(models: Iterable[type]) -> bool:
    return any(rows_for_me(model) is not None for model in models)


def close_lookup(loader: Any) -> None:
    """Let a project's own look-up offer and name only records for the person asking."""
    if getattr(loader, "model", None) is None or getattr(loader, "_is_closed", False):
        return
    own_list, own_format = loader.get_list, loader.format

    def get_list(*args: Any, **kwargs: Any) -> list[Any]:
        return [record for record in own_list(*args, **kwargs) if not is_hidden(record)]

    def format_record(record: Any) -> Any:
        return (key_text(record), HIDDEN) if record is not None and is_hidden(record) else own_format(record)

    loader.get_list, loader.format, loader._is_closed = get_list, format_record, True
