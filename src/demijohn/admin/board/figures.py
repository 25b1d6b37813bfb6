"""Figure: what a chart shows, made of whatever a function returned: a mapping, mappings by name, or rows of a query."""

import datetime as dt
import decimal
import enum
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from demijohn.admin.board.scales import every_day
from demijohn.admin.formatting import plain_text

Kind = Literal["line", "bar", "donut"]

MOST_POINTS = 400
"""Points of one series; of more days than that the last are shown."""
MOST_SERIES = 6
OTHERS = "Other"


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, or one colour of bars: as many values as the figure has labels."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart's content.

    Attributes:
        days: the days along the axis, if these are days; else the `labels` are of their own.
    """

    kind: Kind
    title: str
    labels: tuple[str, ...]
    days: tuple[dt.date, ...]
    series: tuple[Series, ...]

    @property
    def is_empty(self) -> bool:
        return not self.labels or not any(value for one in self.series for value in one.values)


def figure_of(kind: Kind, title: str, told: Any) -> Figure:
    """The figure of what a function returned.

    Args:
        kind: `line`, `bar` (several series are stacked) or `donut` (one series).
        title: what people read above it.
        told: `{label: number}`, `{name: {label: number}}`, rows of `(label, number)` or of `(label, name, number)`. A
            label that is a day, a moment or text like `2026-11-26` makes a time axis, on which missing days count 0.

    Raises:
        ValueError: it is none of these.
    """
    table = {name: values for name, values in tabled(told).items() if values}
    keys = list(dict.fromkeys(key for values in table.values() for key in values))
    are_days = bool(keys) and all(isinstance(key, dt.date) for key in keys)
    if are_days:
        keys = every_day(keys)[-MOST_POINTS:]
    keys = keys[:MOST_POINTS]
    names = [*table][:MOST_SERIES]
    series = tuple(Series(name=n, values=tuple(table[n].get(key, 0.0) for key in keys)) for n in names)
    labels = tuple(key.isoformat() if isinstance(key, dt.date) else plain_text(key) or "—" for key in keys)
    figure = Figure(kind=kind, title=title, labels=labels, days=tuple(keys) if are_days else (), series=series)
    return with_few_slices(figure) if kind == "donut" else figure


def tabled(told: Any) -> dict[str, dict[Any, float]]:
    """Name of a series -> label -> number."""
    if isinstance(told, Mapping):
        if told and all(isinstance(value, Mapping) for value in told.values()):
            return {plain_text(name): {label(k): number(v) for k, v in one.items()} for name, one in told.items()}
        return {"": {label(key): number(value) for key, value in told.items()}}
    return tabled_rows(told)


def tabled_rows(rows: Iterable[Any]) -> dict[str, dict[Any, float]]:
    table: dict[str, dict[Any, float]] = {}
    for row in rows:
        values = tuple(row) if not isinstance(row, str) else ()
        if len(values) not in {2, 3}:
            raise ValueError(f"a chart takes rows of (label, number) or (label, name, number), not {row!r}.")
        key, name, value = (values[0], "", values[1]) if len(values) == 2 else values
        table.setdefault(plain_text(name), {})[label(key)] = number(value)
    return table


def label(value: Any) -> Any:
    """The key of a point: a day where it is one, else the value itself (hashable)."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str) and len(value) == len("2026-11-26"):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            return value
    return value if isinstance(value, dt.date | enum.Enum | str | int | float | None) else str(value)


def number(value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
        raise ValueError(f"a chart takes numbers, not {value!r}.")  # noqa: TRY004 - told like rows of a wrong length
    return float(value) if math.isfinite(value) else 0.0


def with_few_slices(figure: Figure) -> Figure:
    """The largest slices, and the rest as one; nothing below zero."""
    if not figure.series:
        return figure
    pairs = sorted(zip(figure.labels, figure.series[0].values, strict=True), key=lambda pair: -pair[1])
    pairs = [(name, value) for name, value in pairs if value > 0]
    kept, rest = pairs[: MOST_SERIES - 1], pairs[MOST_SERIES - 1 :]
    if len(rest) == 1:
        kept, rest = [*kept, *rest], []
    if rest:
        kept = [*kept, (OTHERS, sum(value for _, value in rest))]
    values = Series(name=figure.series[0].name, values=tuple(value for _, value in kept))
    return Figure(kind="donut", title=figure.title, labels=tuple(n for n, _ in kept), days=(), series=(values,))
