"""Table: rows as people read them, made of whatever a function returned: mappings, rows of a query, records."""

import decimal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from demijohn.admin.columns import list_names
from demijohn.admin.formatting import in_words, plain_text

MOST = 500
"""Rows of a table on a page; our choice."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows as shown.

    Attributes:
        columns: titles.
        numeric: for each column, whether it holds numbers and nothing else.
        has_more: whether there were more rows than are shown.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    has_more: bool = False


def table_of(given: Iterable[Any], *, most: int = MOST) -> Table:
    """The first rows as a table.

    Args:
        given: mappings, rows of a query, named tuples or records; of records what a list shows, and no secret.

    Raises:
        ValueError: a row that does not know the names of its columns.
    """
    rows = [named(row) for row in islice(given, most + 1)]
    names = names_of(rows)
    return made_table(names, [[row.get(name) for name in names] for row in rows[:most]], has_more=len(rows) > most)


def made_table(names: Sequence[str], rows: Sequence[Sequence[Any]], *, has_more: bool = False) -> Table:
    """The table of these rows, each as long as the names."""
    return Table(
        columns=tuple(title_of(name) for name in names),
        rows=tuple(tuple(cell_of(value) for value in row) for row in rows),
        numeric=tuple(are_numbers(row[at] for row in rows) for at in range(len(names))),
        has_more=has_more,
    )


def named(row: Any) -> dict[str, Any]:
    """Name -> value of one row."""
    if hasattr(row, "_mapping"):
        row = row._mapping
    elif hasattr(row, "_asdict"):
        row = row._asdict()
    if isinstance(row, Mapping):
        return {str(name): value for name, value in row.items()}
    if sa.inspect(type(row), raiseerr=False) is None:
        raise ValueError(f"a table takes mappings, rows of a query or records, not {row!r}.")
    return {name: getattr(row, name) for name in list_names(type(row))}


def names_of(rows: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def title_of(name: str) -> str:
    """A column's title: the name of a column of the database in words, anything else as it is."""
    return in_words(name) if name.isidentifier() and name.islower() else name


def cell_of(value: Any) -> str:
    """The value as text; markup stays markup, and an integer has its thousands grouped."""
    if isinstance(value, Markup):
        return value
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,}" if is_count else plain_text(value)


def are_numbers(values: Iterable[Any]) -> bool:
    found = [value for value in values if value is not None]
    kinds = (int, float, decimal.Decimal)
    return bool(found) and all(isinstance(value, kinds) and not isinstance(value, bool) for value in found)
