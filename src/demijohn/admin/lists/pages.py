"""Reading one page of an ordered query: after or before a place, from the start, or from the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from demijohn.admin.lists.cursors import can_be_compared, read_cursor, write_cursor
from demijohn.admin.lists.order import NULLS_ARE_LARGEST, SortKey, parts_after, turned_around

FAR = 1_000
"""Rows to be passed over from which on their keys are read alone; our choice."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list.

    Attributes:
        rows: its records.
        number: which page it is, counted from 0, or from the end where negative; with places only as good as nobody
            adds or deletes rows before them.
        has_previous: whether there are rows before it.
        has_next: whether there are rows after it.
        first_place: where its first row is, None if that can't be written down.
        last_place: where its last row is.
    """

    rows: list[Any]
    number: int
    has_previous: bool
    has_next: bool
    first_place: str | None = None
    last_place: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrderedRows:
    """A query and the order of its rows.

    Attributes:
        query: the rows, with what is joined for the order, without an order of its own.
        shown: the same and what goes with each row, without conditions: read by key, it need not search again.
        shown_keys: the keys as `shown` has them.
        keys: the order; ends with the primary key, so that no two rows are alike in it.
        key_columns: the primary key's columns.
        repeats: whether the query's conditions join collections, so that it can meet a row more than once.
        fetch: runs a query.
        dialect: the database's name.
    """

    query: Any
    keys: Sequence[SortKey]
    shown: Any
    shown_keys: Sequence[SortKey]
    key_columns: Sequence[Any]
    repeats: bool
    fetch: Callable[[Any], list[Any]]
    dialect: str

    @property
    def has_places(self) -> bool:
        """Whether rows can be found by their place; else pages are only counted off."""
        return is_plain(self.query) and all(can_be_compared(key.column) for key in self.keys)

    def page(self, number: int, size: int, *, after: str | None = None, before: str | None = None) -> Page:
        """The page at a place, else by its number; a page beyond the last is the last."""
        if (place := self.place(after)) is not None:
            found = self.read(self.keys, size, place=place)
            return self.onwards(found, size, number) if found else self.last(size)
        if (place := self.place(before)) is not None:
            return self.backwards(self.read(turned_around(self.keys), size, place=place), size, number or 1)
        if number < 0 and is_plain(self.query):
            found = self.read(turned_around(self.keys), size, skip=(-number - 1) * size)
            return self.backwards(found, size, number)
        found = self.read(self.keys, size, skip=max(number, 0) * size)
        if not found and number > 0 and is_plain(self.query):
            return self.last(size)
        return self.onwards(found, size, max(number, 0))

    def place(self, cursor: str | None) -> list[Any] | None:
        return read_cursor(self.keys, cursor) if cursor is not None and self.has_places else None

    def last(self, size: int) -> Page:
        return self.backwards(self.read(turned_around(self.keys), size), size, -1)

    def onwards(self, found: list[Any], size: int, number: int) -> Page:
        """The page of what was read from its first row on: up to one row more than it shows."""
        goes_on = len(found) > size
        if number < 0:
            number = min(number, -2) if goes_on else -1
        return self.with_places(found[:size], number, has_previous=number != 0, has_next=goes_on)

    def backwards(self, found: list[Any], size: int, number: int) -> Page:
        """The page of what was read from its last row back; the first page where nothing comes before it."""
        if len(found) > size:
            return self.with_places(found[:size][::-1], number, has_previous=True, has_next=number != -1)
        return self.page(0, size)

    def with_places(self, found: list[Any], number: int, *, has_previous: bool, has_next: bool) -> Page:
        ends = [self.place_of(row) for row in (found[0], found[-1])] if found and self.has_places else [None, None]
        rows = [row[0] for row in found] if self.extra else found
        return Page(
            rows=rows, number=number, has_previous=has_previous, has_next=has_next,
            first_place=ends[0], last_place=ends[1],
        )  # fmt: skip

    @property
    def extra(self) -> list[SortKey]:
        """The keys whose values come beside the record."""
        return [key for key in self.keys if not key.is_own] if self.has_places else []

    def place_of(self, row: Any) -> str | None:
        extra = iter(row[1:] if self.extra else ())
        record = row[0] if self.extra else row
        return write_cursor(self.keys, [getattr(record, key.name) if key.is_own else next(extra) for key in self.keys])

    def read(self, keys: Sequence[SortKey], size: int, *, place: list[Any] | None = None, skip: int = 0) -> list[Any]:
        """A page's rows and one more, in the order of these keys."""
        largest = self.dialect in NULLS_ARE_LARGEST
        parts = [None] if place is None else parts_after(keys, place, nulls_are_largest=largest)
        found: list[Any] = []
        for part in parts:
            wanted = self.query if part is None else self.query.filter(part)
            found += self.fetch(self.cut(wanted, keys, size + 1 - len(found), skip))
            if len(found) > size:
                break
        return found

    def cut(self, query: Any, keys: Sequence[SortKey], limit: int, skip: int) -> Any:
        """So many rows of a query after the skipped ones, with the values of `extra`.

        Where rows are sorted or passed over, that is done with their keys alone; the page's rows are read by key.
        """
        is_in_order = len(keys) == 1 and skip < FAR and not self.repeats
        order = [key.clause for key in keys]
        if is_in_order or len(self.key_columns) != 1 or not is_plain(query):
            query = query.add_columns(*(key.column for key in self.extra)) if self.extra else query
            return query.order_by(*order).limit(limit).offset(skip or None)
        (column,) = self.key_columns
        once = [key.column for key in keys if key.column is not column] if self.repeats else []
        wanted = query.enable_eagerloads(value=False).with_entities(column.label("key"), *once)
        wanted = (wanted.distinct() if self.repeats else wanted).order_by(*order).limit(limit).offset(skip).subquery()
        shown_keys = self.shown_keys if keys[0].descends == self.keys[0].descends else turned_around(self.shown_keys)
        extra = [key.column for key in self.shown_keys if not key.is_own] if self.has_places else []
        rows = self.shown.add_columns(*extra) if extra else self.shown
        return rows.filter(column.in_(sa.select(wanted.c.key))).order_by(*(key.clause for key in shown_keys))


def is_plain(query: Any) -> bool:
    """Whether a query has no order, grouping or limit of its own, so that conditions and an order can be added."""
    own = ("_order_by_clauses", "_group_by_clauses", "_limit_clause", "_offset_clause")
    taken = any(getattr(query, name, None) not in (None, (), False) for name in own)
    return not taken and not getattr(query, "_distinct", False)
