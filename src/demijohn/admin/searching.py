"""Search: every word of it must occur in one of the searched columns."""

from typing import Any

import sqlalchemy as sa

from demijohn.admin.filters import escaped
from demijohn.admin.kinds import kind_of, mapper_of
from demijohn.admin.scoping import rows_for_me

WORDS = 10
"""Words of a search that are looked at; our choice."""


def search_condition(model: type, paths: list[str], search: str) -> Any | None:
    """What a row must meet: each word in at least one of the attribute paths; None for no word at all.

    A word may start with `^` (begins with) or `=` (is exactly), as in Flask-Admin.
    """
    words = search.split()[:WORDS]
    if not words or not paths:
        return None
    return sa.and_(*(sa.or_(*(path_condition(model, path, pattern(word)) for path in paths)) for word in words))


def path_of(model: type, item: Any) -> str:
    """The attribute path of a searched column given by name or, as Flask-Admin allows, as an attribute."""
    if isinstance(item, str):
        return item
    owner = getattr(item, "class_", model)
    if issubclass(model, owner):
        return str(item.key)
    relations = mapper_of(model).relationships
    return next((f"{r.key}.{item.key}" for r in relations if r.mapper.class_ is owner), str(item.key))


def pattern(word: str) -> str:
    if len(word) > 1 and word[0] == "^":
        return f"{escaped(word[1:])}%"
    if len(word) > 1 and word[0] == "=":
        return escaped(word[1:])
    return f"%{escaped(word)}%"


def path_condition(model: type, path: str, like: str) -> Any:
    """Whether the column at the end of the path is like this; related keys are looked up first, without a join."""
    head, _, rest = path.partition(".")
    attribute = getattr(model, head)
    if not rest:
        return text_of(attribute).ilike(like, escape="\\")
    relation = mapper_of(model).relationships.get(head)
    if relation is None:  # an association proxy or the like knows its own way
        return getattr(attribute, rest).ilike(like, escape="\\")
    inner = path_condition(relation.mapper.class_, rest, like)
    seen = rows_for_me(relation.mapper.class_)
    inner = inner if seen is None else sa.and_(inner, seen)
    if relation.direction.name == "MANYTOONE" and len(relation.local_remote_pairs) == 1:
        ((local, remote),) = relation.local_remote_pairs
        return local.in_(sa.select(remote).where(inner))
    return attribute.any(inner) if relation.uselist else attribute.has(inner)


def text_of(attribute: Any) -> Any:
    """The column as text; texts are left alone, because a CAST hides them from an index."""
    plain = hasattr(attribute, "type") and kind_of(attribute) in {"text", "long"}
    return attribute if plain else sa.cast(attribute, sa.String)
