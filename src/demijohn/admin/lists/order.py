"""The order of a list as keys, and what comes after a place in it: pure functions over SQLAlchemy expressions.

Databases disagree on where NULL sorts; each keeps its own rule here, so that an index can serve the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

NULLS_ARE_LARGEST = frozenset({"postgresql", "oracle", "cockroachdb"})
"""Dialects that sort NULL behind every value; the others sort it before."""


@dataclass(frozen=True, kw_only=True)
class SortKey:
    """One key of an order.

    Attributes:
        name: the dotted path of attributes to the value.
        column: the expression to compare with, of an alias where the value is a related record's.
        descends: whether the largest comes first.
        may_be_null: whether a row can be without a value.
        is_own: whether the record itself holds the value, as its attribute `name`.
    """

    name: str
    column: Any
    descends: bool
    may_be_null: bool
    is_own: bool

    @property
    def clause(self) -> Any:
        return self.column.desc() if self.descends else self.column.asc()

    def bound(self, value: Any) -> Any:
        """The value as a parameter of the column's type, also where SQL has a word for it, as for true."""
        return sa.literal(value, self.column.type)


def turned_around(keys: Sequence[SortKey]) -> list[SortKey]:
    """The same order from its end."""
    return [replace(key, descends=not key.descends) for key in keys]


def parts_after(keys: Sequence[SortKey], values: Sequence[Any], *, nulls_are_largest: bool) -> list[Any]:
    """Conditions of the rows after a place, to be read one after the other.

    Rows without a first value are a part of their own: an `OR … IS NULL` would hide the index of the first key.
    """
    first, value = keys[0], values[0]
    if not first.may_be_null:
        return [_after(keys, values, nulls_are_largest)]
    has_none, come_last = first.column.is_(None), _nulls_come_last(first, nulls_are_largest)
    if value is None:
        same = sa.and_(has_none, _after(keys[1:], values[1:], nulls_are_largest))
        return [same] if come_last else [same, first.column.is_not(None)]
    known = _after([replace(first, may_be_null=False), *keys[1:]], values, nulls_are_largest)
    return [known, has_none] if come_last else [known]


def _nulls_come_last(key: SortKey, nulls_are_largest: bool) -> bool:  # noqa: FBT001
    return key.descends != nulls_are_largest


def _after(keys: Sequence[SortKey], values: Sequence[Any], nulls_are_largest: bool) -> Any:  # noqa: FBT001
    if not keys:
        return sa.false()
    if len(keys) > 1 and len({key.descends for key in keys}) == 1 and not any(key.may_be_null for key in keys):
        return _tuple_after(keys, values)
    key, value = keys[0], values[0]
    beyond = _beyond(key, value, nulls_are_largest)
    if len(keys) == 1:
        return beyond
    tie = key.column.is_(None) if value is None else key.column == key.bound(value)
    either = sa.or_(beyond, sa.and_(tie, _after(keys[1:], values[1:], nulls_are_largest)))
    if value is None or key.may_be_null:
        return either
    here = key.bound(value)
    return sa.and_(key.column <= here if key.descends else key.column >= here, either)


def _beyond(key: SortKey, value: Any, nulls_are_largest: bool) -> Any:  # noqa: FBT001
    come_last = _nulls_come_last(key, nulls_are_largest)
    if value is None:
        return sa.false() if come_last else key.column.is_not(None)
    here = key.bound(value)
    found = key.column < here if key.descends else key.column > here
    return sa.or_(found, key.column.is_(None)) if key.may_be_null and come_last else found


def _tuple_after(keys: Sequence[SortKey], values: Sequence[Any]) -> Any:
    columns = sa.tuple_(*(key.column for key in keys))
    place = sa.tuple_(*(key.bound(value) for key, value in zip(keys, values, strict=True)))
    return columns < place if keys[0].descends else columns > place
