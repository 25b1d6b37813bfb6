"""An answer as people see it: a table, a number or a chart."""

from typing import Any

from demijohn.admin.board.charts import drawn
from demijohn.admin.board.figures import figure_of
from demijohn.admin.board.tables import Table, cell_of
from demijohn.admin.ownpages import Part
from demijohn.admin.queries.answers import Answer, QueryRefused, shortened
from demijohn.admin.words import gettext


def kinds() -> dict[str, str]:
    """How an answer can be shown -> what people read."""
    return {
        "table": gettext("Table"),
        "number": gettext("Number"),
        "line": gettext("Line chart"),
        "bar": gettext("Bar chart"),
        "donut": gettext("Ring chart"),
    }


def part_of(kind: str, title: str, answer: Answer, *, csv_url: str | None = None) -> Part:
    """The answer as a part of a page.

    Raises:
        QueryRefused: it is none that could be drawn like that.
    """
    if kind == "table":
        return Part(label="", table=answer.table, csv_url=csv_url)
    if kind == "number":
        return Part(label=title, number=cell_of(value_of(answer)) or "—")
    try:
        figure = figure_of(kind, title, answer.rows)  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise QueryRefused(
            gettext("A chart takes rows of (label, number) or (label, name, number), not these.")
        ) from error
    return Part(label=title, figure=figure, chart=None if figure.is_empty else drawn(figure))


def value_of(answer: Answer) -> Any:
    """The first value."""
    return shortened(answer.rows[0][0]) if answer.rows and answer.rows[0] else None


def told(kind: str, answer: Answer) -> Table | Any:
    """What a tile of this kind is made of."""
    if kind == "table":
        return answer.table
    return value_of(answer) if kind == "number" else answer.rows
