"""What a list page is given to move about with: its pages, its order, its number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from demijohn.admin.lists.arguments import MOST_SORTS, ListArgs
from demijohn.admin.lists.paging import ListState
from demijohn.admin.lists.reach import Reach


@dataclass(frozen=True, kw_only=True)
class SortLink:
    """One column of the order in force."""

    name: str
    label: str
    number: int
    descends: bool


@dataclass(frozen=True, kw_only=True)
class PageLinks:
    """Addresses of the pages beside the one shown; None where there is none."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None


def list_links(view: Any, given: dict[str, Any]) -> dict[str, Any]:
    """These as template variables.

    Args:
        view: the view whose list is shown.
        given: the template variables that Flask-Admin made.
    """
    state, columns = view.list_state(), view.permitted_columns()
    args, page = state.args, state.page
    names = [str(name) for name, _ in columns]
    sorts = view.sorts((view._get_column_by_idx(args.sort) or [None])[0], args.sort_desc)
    first_row, last_row = position(state, given["page_size"])
    can_count = state.total is not None and state.total.known != "exact"
    return {
        "count_text": str(state.total if state.total is not None else ""),
        "exact_count_url": f"{given['return_url']}&count=exact" if can_count else None,
        "search_reach": searched(view, state) if args.search and state.reach is not None else None,
        "sorts": sorted_by(sorts, dict(columns)),
        "sort_then": args.own_parts().get("then"),
        "sort_then_url": lambda name: view._get_list_url(sorted_further(args, names, str(name))),
        "clear_sort_url": view._get_list_url(args.clone(sort=None, sort_desc=None)) if sorts else None,
        "page_links": page_links(view, state),
        "page_number": page.number if page is not None else args.page,
        "page_from": first_row,
        "page_to": last_row,
        "has_next_page": page is not None and page.has_next,
    }


@dataclass(frozen=True, kw_only=True)
class SearchReach:
    """What a search went through.

    Attributes:
        columns: labels of the searched columns.
        newest: rows, counted from the newest, that were looked through for them; 0 for every row.
        in_all: labels of those that were looked for in every row nevertheless.
        by_start: labels of those that were found in every row where they start with a word.
        by_whole: labels of those that were found in every row where they are a word.
        whole_url: the same search through every row; None if it was.
    """

    columns: list[str]
    newest: int
    in_all: list[str]
    by_start: list[str]
    by_whole: list[str]
    whole_url: str | None


def searched(view: Any, state: ListState) -> SearchReach:
    """What this page's search went through."""
    reach = state.reach or Reach()
    labels = {path: str(view.get_column_name(path)) for path in view.permitted_search()}
    indexed = [label for path, label in labels.items() if path in reach.indexed]
    is_bounded = reach.newest is not None
    return SearchReach(
        columns=list(labels.values()),
        newest=reach.newest or 0,
        in_all=[label for path, label in labels.items() if is_bounded and "." in path],
        by_start=indexed if reach.finds_starts else [],
        by_whole=[] if reach.finds_starts else indexed,
        whole_url=view._get_list_url(state.args.clone(whole=True)) if is_bounded else None,
    )


def page_links(view: Any, state: ListState) -> PageLinks:
    """First, previous, next and last; the last is read from the end, so that nothing need be counted."""
    page, args = state.page, state.args
    if page is None:
        return PageLinks(first=None, previous=None, next=None, last=None)

    def to(number: int) -> str:
        return str(view._get_list_url(args.clone(page=number, after=None, before=None)))

    return PageLinks(
        first=to(0) if page.has_previous else None,
        previous=to(page.number - 1) if page.has_previous else None,
        next=to(page.number + 1) if page.has_next else None,
        last=to(-1) if page.has_next else None,
    )


def sorted_by(sorts: Sequence[tuple[str, bool]], labels: dict[str, str]) -> dict[str, SortLink]:
    """Column -> its place in the order, first to last."""
    return {
        name: SortLink(name=name, label=labels.get(name, name), number=number, descends=descends)
        for number, (name, descends) in enumerate(sorts, start=1)
    }


def sorted_further(args: ListArgs, names: Sequence[str], name: str) -> ListArgs:
    """The arguments with one more column in the order; one that is in it already turns around.

    Args:
        args: the arguments in force.
        names: the list's columns, by whose position Flask-Admin's `sort` names the first.
        name: the column.
    """
    first = names[args.sort] if args.sort is not None and 0 <= args.sort < len(names) else None
    if first == name:
        return args.clone(sort_desc=None if args.sort_desc else 1, then=args.then)
    if first is None and not args.then:
        return args.clone(sort=names.index(name), sort_desc=None)
    known = dict(args.then)
    known[name] = not known[name] if name in known else False
    return args.clone(then=tuple(known.items())[: MOST_SORTS - 1])


def position(state: ListState, page_size: int) -> tuple[int, int]:
    """Number of the first and the last row shown; zeros where the page was counted from the end."""
    page = state.page
    if page is None or not page.rows or page.number < 0:
        return 0, 0
    start = page.number * page_size
    return start + 1, start + len(page.rows)
