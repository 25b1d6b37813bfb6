"""Periods: years, months and days of one date column above a list; each is a filter "between", and no more than that.

Which there are is known from the earliest and the latest row, two look-ups where the column has an index.
"""

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from demijohn.admin.filters import BETWEEN, RANGE, KindFilter
from demijohn.admin.kinds import mapper_of
from demijohn.admin.lists.arguments import ListArgs
from demijohn.admin.words import gettext
from demijohn.database.timelimit import time_limit, was_cut_off

SECONDS = 0.5
"""What finding the earliest and the latest row may take; without an answer there are no periods."""
MOST_YEARS = 30
"""Years that are offered, the latest; earlier ones are reached by a filter."""

Level = Literal["all", "year", "month", "day"]


@dataclass(frozen=True, kw_only=True)
class Span:
    """A whole year, month or day; or all time."""

    level: Level
    first: dt.date
    last: dt.date

    def __str__(self) -> str:
        """As the filter's value."""
        return f"{self.first.isoformat()}{RANGE}{self.last.isoformat()}"


@dataclass(frozen=True, kw_only=True)
class PeriodLink:
    """A period: what it is called, its whole name, and where it leads."""

    label: str
    name: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Periods:
    """What stands above the list.

    Attributes:
        label: the column's.
        above: the wider periods that the shown one is in, widest first; they lead back.
        shown: the period in force; None where the list shows all time.
        parts: the narrower ones.
        before, after: the neighbours of the shown one; None where no row is.
    """

    label: str
    above: list[PeriodLink]
    shown: str | None
    parts: list[PeriodLink]
    before: PeriodLink | None
    after: PeriodLink | None


def year_of(day: dt.date) -> Span:
    return Span(level="year", first=dt.date(day.year, 1, 1), last=dt.date(day.year, 12, 31))


def month_of(day: dt.date) -> Span:
    last = calendar.monthrange(day.year, day.month)[1]
    return Span(level="month", first=day.replace(day=1), last=day.replace(day=last))


def day_of(day: dt.date) -> Span:
    return Span(level="day", first=day, last=day)


MAKERS = {"year": year_of, "month": month_of, "day": day_of}
NARROWER = {"all": "year", "year": "month", "month": "day"}


def span_in(text: str) -> Span | None:
    """The period that a filter's value is exactly; None for any other stretch of time."""
    low, _, high = text.partition(RANGE)
    try:
        first, last = dt.date.fromisoformat(low.strip()), dt.date.fromisoformat(high.strip())
    except ValueError:
        return None
    return next((span for make in MAKERS.values() if (span := make(first)).last == last and span.first == first), None)


def periods_of(view: Any, args: ListArgs) -> Periods | None:
    """The periods of a list as it is filtered; None where the view has none, or nothing lies in time."""
    found = period_filter(view)
    if found is None:
        return None
    index, flt = found
    ends = ends_of(view, flt.column)
    if ends is None:
        return None
    others = [one for one in args.filters or () if one[0] != index]
    values = [value for position, _, value in args.filters or () if position == index]
    now = span_in(values[0]) if len(values) == 1 else None

    def link(span: Span | None, label: str | None = None) -> PeriodLink:
        wanted = [*others, (index, str(flt.name), str(span))] if span is not None else others
        url = str(view._get_list_url(args.clone(page=0, filters=wanted)))
        name = gettext("All") if span is None else whole_name(span)
        return PeriodLink(label=label or name, name=name, url=url)

    everything = Span(level="all", first=ends[0], last=ends[1])
    return Periods(
        label=str(gettext(str(flt.name))),
        above=[] if now is None else [link(None), *(link(span, short_name(span)) for span in around(now))],
        shown=None if now is None else short_name(now),
        parts=[link(span, short_name(span) if now else None) for span in parts_of(now or everything, ends)],
        before=beside(now, -1, ends, link),
        after=beside(now, 1, ends, link),
    )


def period_filter(view: Any) -> tuple[int, KindFilter] | None:
    """The filter "between" of the view's `column_date_hierarchy`, if the person asking may see the column."""
    name = view.column_date_hierarchy
    if not name or not view.permits("view", None, name):
        return None
    for index, flt in enumerate(view._filters or ()):
        if isinstance(flt, KindFilter) and flt.does is BETWEEN and getattr(flt, "path", None) == name:
            return index, flt
    return None


def ends_of(view: Any, column: Any) -> tuple[dt.date, dt.date] | None:
    """The days of the earliest and the latest row that the person may see; None without any, or without the time."""
    session, mapper = view.db_session, mapper_of(view.model)
    rows = view.list_query(None, []).order_by(None)
    ends = [rows.with_entities(edge(column)).scalar_subquery() for edge in (sa.func.min, sa.func.max)]
    try:
        connection = session.connection(bind_arguments={"mapper": mapper})
        with session.begin_nested(), time_limit(connection, seconds=SECONDS):  # the rows of the page stay as read
            low, high = session.execute(sa.select(*ends), bind_arguments={"mapper": mapper}).one()
    except DBAPIError as error:
        if not was_cut_off(error):
            raise
        return None
    return (as_day(low), as_day(high)) if low is not None and high is not None else None


def as_day(value: Any) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def around(span: Span) -> list[Span]:
    """The wider periods that a period is in."""
    wider = {"year": (), "month": (year_of,), "day": (year_of, month_of)}
    return [make(span.first) for make in wider[span.level]]


def parts_of(span: Span, ends: tuple[dt.date, dt.date]) -> list[Span]:
    """The next narrower periods between the ends; the months where all is of one year, none of a day."""
    if span.level == "day":
        return []
    first, last = max(span.first, ends[0]), min(span.last, ends[1])
    level = NARROWER["year" if span.level == "all" and first.year == last.year else span.level]
    found: list[Span] = []
    day = last
    while day >= first and len(found) < (MOST_YEARS if level == "year" else 31):
        found.append(MAKERS[level](day))
        if found[-1].first == dt.date.min:
            break
        day = found[-1].first - dt.timedelta(days=1)
    return found[::-1]


def beside(span: Span | None, step: int, ends: tuple[dt.date, dt.date], link: Any) -> PeriodLink | None:
    """The neighbour of a period, as long as rows may lie there."""
    if span is None:
        return None
    edge = span.first if step < 0 else span.last
    if (step < 0 and edge <= ends[0]) or (step > 0 and edge >= ends[1]):
        return None
    found: PeriodLink = link(MAKERS[span.level](edge + dt.timedelta(days=step)))
    return found


def short_name(span: Span) -> str:
    """What a period is called among its like."""
    if span.level == "year":
        return f"{span.first.year:04}"
    return months()[span.first.month - 1] if span.level == "month" else str(span.first.day)


def whole_name(span: Span) -> str:
    """What a period is called by itself."""
    if span.level == "day":
        return f"{short_name(span)} {whole_name(month_of(span.first))}"
    return short_name(span) if span.level == "year" else f"{short_name(span)} {span.first.year:04}"


def months() -> list[str]:
    """The months in the language of the request."""
    return [
        gettext("January"), gettext("February"), gettext("March"), gettext("April"), gettext("May"), gettext("June"),
        gettext("July"), gettext("August"), gettext("September"), gettext("October"), gettext("November"),
        gettext("December"),
    ]  # fmt: skip
