"""Reads entries and seals in pages, also those that somebody made unreadable."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from demijohn.audit.models import ENTRIES, SEALS
from demijohn.audit.spans import Span, gaps

PAGE = 500
SPANS_AT_ONCE = 100

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Unreadable:
    """A row whose values are not of their types any more."""

    key: int


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that reads the log as it was at its first statement, whatever others seal or delete meanwhile."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def entries_in(connection: sa.Connection, spans: list[Span]) -> Iterator[Values | Unreadable]:
    """The entries with these ids, in order; `spans` are in order."""
    for start in range(0, len(spans), SPANS_AT_ONCE):
        some = spans[start : start + SPANS_AT_ONCE]
        yield from pages(connection, ENTRIES, sa.or_(*(ENTRIES.c.id.between(first, last) for first, last in some)))


def entries_outside(connection: sa.Connection, spans: list[Span]) -> Iterator[Values | Unreadable]:
    """The entries with any other id, in order; `spans` are in order and joined."""
    if not spans:
        yield from pages(connection, ENTRIES, sa.true())
        return
    yield from pages(connection, ENTRIES, ENTRIES.c.id < spans[0][0])
    yield from entries_in(connection, gaps(spans))
    yield from pages(connection, ENTRIES, ENTRIES.c.id > spans[-1][1])


def seals(connection: sa.Connection) -> Iterator[Values | Unreadable]:
    """Every seal, by number."""
    yield from pages(connection, SEALS, sa.true())


def newest_seal(connection: sa.Connection, kind: str | None = None) -> Values | None:
    query = sa.select(SEALS).order_by(SEALS.c.number.desc()).limit(1)
    if kind is not None:
        query = query.where(SEALS.c.kind == kind)
    found = connection.execute(query).first()
    return None if found is None else found._asdict()


def pages(connection: sa.Connection, table: sa.Table, where: Any) -> Iterator[Values | Unreadable]:
    """Rows in the order of their key, a page at a time, so that a log of any length takes little memory."""
    key = next(iter(table.primary_key))
    last: int | None = None
    while True:
        query = sa.select(table).where(where).order_by(key).limit(PAGE)
        page = list(read(connection, query if last is None else query.where(key > last), key))
        yield from page
        if len(page) < PAGE:
            return
        last = key_of(page[-1])


def key_of(row: Values | Unreadable) -> int:
    """An entry's id, a seal's number."""
    return row.key if isinstance(row, Unreadable) else int(row["id"] if "id" in row else row["number"])


def read(connection: sa.Connection, query: sa.Select[Any], key: sa.Column[Any]) -> Iterator[Values | Unreadable]:
    """One page; where it cannot be read as a whole, row by row."""
    try:
        yield from [row._asdict() for row in connection.execute(query)]
    except (ValueError, TypeError):  # a moment or JSON that is none: SQLite keeps any text in any column
        for number in connection.scalars(query.with_only_columns(key)).all():
            try:
                yield connection.execute(sa.select(key.table).where(key == number)).one()._asdict()
            except (ValueError, TypeError):
                yield Unreadable(number)
