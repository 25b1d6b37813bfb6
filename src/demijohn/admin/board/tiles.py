"""Tiles: what a project puts on the first page, declared on `app.extensions["demijohn.admin"]`."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from flask import Flask

from demijohn.admin.access import STAFF, may
from demijohn.admin.board.figures import Figure, Kind, figure_of
from demijohn.admin.board.tables import Table, table_of
from demijohn.admin.formatting import plain_text

F = TypeVar("F", bound=Callable[[], Any])
Address = Callable[[], str] | str | None

MOST_ROWS = 20
"""Rows of a table on the first page; our choice."""


class TileRefused(Exception):  # noqa: N818 - it is no fault of the program
    """A tile that cannot be made, in words for whoever looks."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A tile as it was declared.

    Attributes:
        key: what addresses and people's own order call it.
        kind: `number`, `table`, or that of a chart.
        before: of a number, the function that tells the same of the period before.
        waits: whether a number is fetched once the page is there, as charts and tables are.
    """

    key: str
    kind: Literal["number", "table"] | Kind
    label: str
    function: Callable[[], Any]
    permission: str
    url: Address
    hint: str | None
    before: Callable[[], Any] | None = None
    waits: bool = False

    @property
    def is_panel(self) -> bool:
        """Whether it is fetched once the page is there."""
        return self.waits or self.kind != "number"

    def address(self) -> str | None:
        return self.url() if callable(self.url) else self.url


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number as shown: its text, and how it changed against the period before."""

    label: str
    value: str
    url: str | None
    hint: str | None
    change: str | None = None


class Dashboard:
    """Kept at `app.extensions["demijohn.admin"]`: what this application puts on its first page, in order."""

    def __init__(self) -> None:
        self.declared: list[Declared] = []
        self.sources: list[Callable[[], list[Declared]]] = []
        self.prober: Any = None

    def number(
        self,
        label: str,
        *,
        permission: str = STAFF,
        url: Address = None,
        hint: str | None = None,
        before: Callable[[], Any] | None = None,
    ) -> Callable[[F], F]:
        """Show what the decorated function returns, to people who hold the permission.

        Args:
            label: what people read above the number.
            permission: asked before the function is called.
            url: where the tile leads; a function is called in the request (`lambda: url_for(...)`).
            hint: a few words below the number.
            before: returns the number of the period before; the tile then says how much it changed.
        """
        return self._declare(kind="number", label=label, permission=permission, url=url, hint=hint, before=before)

    def chart(
        self, label: str, *, kind: Kind = "line", permission: str = STAFF, url: Address = None, hint: str | None = None
    ) -> Callable[[F], F]:
        """Draw what the decorated function returns: `{label: number}`, `{name: {label: number}}` or rows of a query.

        Args:
            label: the chart's title.
            kind: `line`, `bar` (stacked if there are several series) or `donut`.
            permission, url, hint: as for `number`.
        """
        return self._declare(kind=kind, label=label, permission=permission, url=url, hint=hint)

    def table(
        self, label: str, *, permission: str = STAFF, url: Address = None, hint: str | None = None
    ) -> Callable[[F], F]:
        """Show the rows that the decorated function returns: mappings, or rows of a query, the first twenty.

        Args:
            label: the table's title.
            permission, url, hint: as for `number`.
        """
        return self._declare(kind="table", label=label, permission=permission, url=url, hint=hint)

    def _declare(self, **options: Any) -> Callable[[F], F]:
        def register(function: F) -> F:
            key = free_key(options["label"], {tile.key for tile in self.declared})
            self.declared.append(Declared(key=key, function=function, **options))
            return function

        return register

    def open_tiles(self) -> list[Declared]:
        """Those that the person asking may see: what was declared, then what the sources have."""
        own = [tile for tile in self.declared if may(tile.permission)]
        return [*own, *(tile for source in self.sources for tile in source())]


def free_key(label: str, taken: set[str]) -> str:
    """The label as a part of an address; with a number if another tile has it."""
    plain = re.sub(r"\W+", "-", label.lower()).strip("-") or "tile"
    numbers = itertools.count(2)
    key = plain
    while key in taken:
        key = f"{plain}-{next(numbers)}"
    return key


def dashboard_of(app: Flask) -> Dashboard:
    dashboard: Dashboard = app.extensions["demijohn.admin"]
    return dashboard


def number_of(tile: Declared) -> Number:
    value = tile.function()
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else plain_text(value)
    change = change_text(value, tile.before()) if tile.before is not None else None
    return Number(label=tile.label, value=text, url=tile.address(), hint=tile.hint, change=change)


def change_text(now: Any, before: Any) -> str:
    """How much a number changed: `+12 %`, `-3 %`, `±0 %`; in units where there was nothing before."""
    if not before:
        return f"+{now:,}" if now else "±0"
    percent = round(float(now - before) / abs(float(before)) * 100)
    return f"+{percent:,} %" if percent > 0 else f"\N{MINUS SIGN}{-percent:,} %" if percent < 0 else "±0 %"


def chart_of(tile: Declared) -> Figure:
    kind: Any = tile.kind
    return figure_of(kind, tile.label, tile.function())


def rows_of(tile: Declared) -> Table:
    """The first rows that the tile's function returns."""
    given = tile.function()
    return given if isinstance(given, Table) else table_of(given, most=MOST_ROWS)
