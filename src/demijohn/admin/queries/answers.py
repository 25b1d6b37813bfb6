"""What a query answered, and what was wrong with it."""

import time
from dataclasses import dataclass
from typing import Any

from demijohn.admin.board.tables import Table, made_table
from demijohn.admin.words import gettext

MOST_BYTES = 8 * 1024 * 1024
"""Of one answer, about; what comes after is left out. Our choice."""
AT_A_TIME = 100
LONGEST_CELL = 500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long a query may take and how many rows it shows."""

    seconds: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The first rows."""

    names: list[str]
    rows: list[tuple[Any, ...]]
    has_more: bool

    @property
    def table(self) -> Table:
        rows = [[shortened(value) for value in row] for row in self.rows]
        return made_table(self.names, rows, has_more=self.has_more)


class QueryRefused(Exception):  # noqa: N818 - it is no fault of the program
    """A query that could not be answered, in words for who wrote it.

    Attributes:
        position: the place in its text (from 0), if the database says so.
        is_late: whether only the time was up.
    """

    def __init__(self, text: str, *, position: int | None = None, is_late: bool = False) -> None:
        super().__init__(text)
        self.position = position
        self.is_late = is_late


def fetched(cursor: Any, limits: Limits) -> tuple[list[tuple[Any, ...]], bool]:
    """The first rows of a cursor, and whether there are more.

    Raises:
        QueryRefused: the time is up; the database limits each part, and this all of them together.
    """
    rows: list[tuple[Any, ...]] = []
    size = 0
    end = time.monotonic() + limits.seconds
    while len(rows) <= limits.rows and size < MOST_BYTES:
        if time.monotonic() > end:
            raise QueryRefused(gettext("This took too long."), is_late=True)
        part = cursor.fetchmany(min(AT_A_TIME, limits.rows + 1 - len(rows)))
        if not part:
            return rows, False
        rows += [tuple(row) for row in part]
        size += sum(len(value) for row in part for value in row if isinstance(value, str | bytes))
    return rows[: limits.rows], True


def shortened(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value):,} bytes)"
    if isinstance(value, str) and len(value) > LONGEST_CELL:
        return f"{value[: LONGEST_CELL - 1]}…"
    return value


def for_readers(refused: QueryRefused) -> str:
    """For people who only look: what is wrong with the text is for who wrote it."""
    return str(refused) if refused.is_late else gettext("This query could not be answered. Tell who wrote it.")
