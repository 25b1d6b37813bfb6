"""How a search stays quick in a big table: what an index finds in every row, the rest in the newest rows alone.

A table counts as big by its counted key: the largest one is read from the end of the index, nothing is counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from demijohn.admin.kinds import is_counted, kind_of, mapper_of
from demijohn.admin.scoping import for_me
from demijohn.admin.searching import WORDS, path_condition, pattern

NEWEST = 100_000
"""Rows of a big table that are looked through for a text without an index; our choice."""
MOST_KEYS = 1_000
"""Related records found by their text whose keys are looked for one by one; more are common words. Our choice."""


@dataclass(kw_only=True)
class Reach:
    """What a search went through.

    Attributes:
        newest: rows that were looked through for what has no index; None for every row.
        indexed: paths that were looked up in an index of every row.
        finds_starts: whether the index finds what a text starts with, and not only the whole of it.
    """

    newest: int | None = None
    indexed: list[str] = field(default_factory=list)
    finds_starts: bool = False


@dataclass(frozen=True, kw_only=True)
class BigTable:
    """A table too big to be looked through.

    Attributes:
        session: the session to ask for related keys.
        model: its class.
        key: the counted key.
        after: the newest rows have greater keys.
    """

    session: Any
    model: type
    key: Any
    after: int

    @property
    def finds_starts(self) -> bool:
        """Whether texts are kept in the order of their characters, so that a start is a range."""
        return bool(self.session.get_bind(mapper_of(self.model)).dialect.name == "sqlite")

    def is_new(self) -> Any:
        return self.key > self.after


def big_table(session: Any, model: type) -> BigTable | None:
    """The model's table if it is big; None if not, or if its rows are not counted up."""
    (column, *more) = mapper_of(model).primary_key
    if more or not is_counted(column):
        return None
    key = getattr(model, mapper_of(model).get_property_by_column(column).key)
    largest = session.scalar(sa.select(sa.func.max(key))) or 0
    return BigTable(session=session, model=model, key=key, after=largest - NEWEST) if largest > NEWEST else None


def bounded_condition(table: BigTable, paths: Sequence[str], search: str, reach: Reach) -> Any | None:
    """`search_condition` of a big table; notes in `reach` what it goes through."""
    words = search.split()[:WORDS]
    if not words or not paths:
        return None
    if any("." not in path for path in paths):
        reach.newest = NEWEST
    reach.indexed = [path for path in paths if is_indexed_text(table.model, path)]
    reach.finds_starts = table.finds_starts
    return sa.and_(*(word_condition(table, paths, word) for word in words))


def word_condition(table: BigTable, paths: Sequence[str], word: str) -> Any:
    """Rows that hold the word: found by index where few can be, else met one after the other in the list's order."""
    like = pattern(word)
    own, related = [path for path in paths if "." not in path], [path for path in paths if "." in path]
    arms = [sa.and_(table.is_new(), sa.or_(*(path_condition(table.model, path, like) for path in own)))] if own else []
    arms += [starts_with(table, path, word.lstrip("^=")) for path in own if is_indexed_text(table.model, path)]
    by_key = [related_keys(table, path, like) for path in related]
    if any(condition is None for condition in by_key):
        return sa.or_(*arms, *(path_condition(table.model, path, like) for path in related))
    every = [*arms, *(condition for condition in by_key if condition is not None)]
    found = [sa.select(table.key).where(arm).correlate(None) for arm in every]
    return table.key.in_(sa.union_all(*found)) if len(found) > 1 else table.key.in_(found[0])


def related_keys(table: BigTable, path: str, like: str) -> Any | None:
    """Rows whose related record holds the text, by its key; None if that is no quick way."""
    head, _, rest = path.partition(".")
    relation = mapper_of(table.model).relationships.get(head)
    if relation is None or relation.direction.name != "MANYTOONE" or len(relation.local_remote_pairs) != 1:
        return None
    ((local, remote),) = relation.local_remote_pairs
    attribute = mapper_of(table.model).get_property_by_column(local).key
    if not has_index(table.model, attribute):
        return None
    target = relation.mapper.class_
    wanted: Any = sa.select(remote)
    wanted = for_me(wanted.where(path_condition(target, rest, like)), target)
    keys = list(table.session.scalars(wanted.limit(MOST_KEYS + 1)))
    return None if len(keys) > MOST_KEYS else getattr(table.model, attribute).in_(keys)


def has_index(model: type, name: str) -> bool:
    """Whether an index starts with the attribute's column."""
    attribute = mapper_of(model).column_attrs.get(name)
    column = attribute.columns[0] if attribute is not None else None
    if not isinstance(column, sa.Column):
        return False
    if column.primary_key or column.index or column.unique:
        return True
    constraints: list[Any] = [c for c in column.table.constraints if isinstance(c, sa.UniqueConstraint)]
    return any(next(iter(index.columns), None) is column for index in [*constraints, *column.table.indexes])


def is_indexed_text(model: type, path: str) -> bool:
    return has_index(model, path) and kind_of(getattr(model, path)) in {"text", "long"}


def starts_with(table: BigTable, name: str, word: str) -> Any:
    """Rows whose text starts with the word, as far as an index of this database finds them; else is the word.

    Written as typed, in small or capital letters, or with a capital first: comparing without case hides the index.
    """
    attribute = getattr(table.model, name)
    written = {word, word.lower(), word.upper(), word.capitalize(), word.title()}
    if table.finds_starts:
        return sa.or_(*(sa.and_(attribute >= text, attribute < f"{text}\U0010ffff") for text in sorted(written)))
    return attribute.in_(sorted(written))
