"""Facets: the few values of a column, each with the number of rows it would show, a click away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from demijohn.admin.filters import EQUALS, KindFilter
from demijohn.admin.formatting import plain_text
from demijohn.admin.keys import enum_members
from demijohn.admin.kinds import mapper_of
from demijohn.admin.lists.arguments import ListArgs
from demijohn.database.timelimit import time_limit, was_cut_off

MOST_FACETS = 6
MOST_VALUES = 20
"""Values of a column that is offered as a facet; our choice."""
SECONDS = 1.5


@dataclass(frozen=True, kw_only=True)
class FacetValue:
    """One value: what it is called, its rows (None where there was not the time), and where it leads."""

    label: str
    count: int | None
    url: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class Facet:
    """One column with its values."""

    label: str
    values: list[FacetValue]


def facets_of(view: Any, args: ListArgs) -> list[Facet]:
    """The facets of a list as it is searched and filtered; a column's own choice does not narrow its numbers."""
    return [facet_of(view, args, index, flt) for index, flt in list(facet_filters(view))[:MOST_FACETS]]


def facet_filters(view: Any) -> Iterator[tuple[int, KindFilter]]:
    """The filters "equals" of columns with few values, that are for the person asking; of texts only where named."""
    named = view.column_facets
    for index, flt in enumerate(view._filters or ()):
        if not isinstance(flt, KindFilter) or flt.does is not EQUALS:
            continue
        is_named = named is not None and flt.column.key in named
        is_wanted = (named is None or is_named) and (flt.kind in {"enum", "bool"} or (is_named and flt.kind == "text"))
        if is_wanted and "." not in str(getattr(flt, "path", "")) and view.is_open_filter(flt):
            yield index, flt


def facet_of(view: Any, args: ListArgs, index: int, flt: KindFilter) -> Facet:
    others = [one for one in args.filters or () if one[0] != index]
    chosen = {value for position, _, value in args.filters or () if position == index}
    counts = counted(view, args, others, flt)
    values = []
    for text, member in values_of(flt, counts or {})[:MOST_VALUES]:
        is_chosen = text in chosen
        wanted = others if is_chosen else [*others, (index, str(flt.name), text)]
        url = view._get_list_url(args.clone(page=0, filters=wanted))
        count = None if counts is None else counts.get(member, 0)
        values.append(FacetValue(label=plain_text(member), count=count, url=url, is_chosen=is_chosen))
    return Facet(label=str(flt.name), values=values)


def values_of(flt: KindFilter, counts: dict[Any, int]) -> list[tuple[str, Any]]:
    """Text of an address -> the value, of each value that the column can have; of texts, those that it has most."""
    if flt.kind == "text":
        texts = sorted((text for text in counts if text), key=lambda text: (-counts[text], text))
        return [(text, text) for text in texts]
    return [("1", True), ("0", False)] if flt.kind == "bool" else enum_members(flt.column)


def counted(view: Any, args: ListArgs, filters: list[Any], flt: KindFilter) -> dict[Any, int] | None:
    """Value -> number of rows; None if the database did not say in time."""
    session, mapper = view.db_session, mapper_of(view.model)
    rows = view.list_query(args.search, filters).order_by(None)
    wanted = rows.with_entities(flt.column, sa.func.count()).group_by(flt.column)
    try:
        with time_limit(session.connection(bind_arguments={"mapper": mapper}), seconds=SECONDS):
            return dict(tuple(row) for row in wanted.all())
    except DBAPIError as error:
        session.rollback()
        if not was_cut_off(error):
            raise
        return None
