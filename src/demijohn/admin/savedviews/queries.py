"""What a list shows as text that keeps its meaning: filters and order by name, without places and page numbers."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from demijohn.admin.lists.arguments import ListArgs
from demijohn.admin.lists.chooser import ARGUMENT, columns_text

LONGEST = 4_000
"""Characters of a query that is kept."""
KEPT = ("search", "whole", "by", "page_size", "columns")
"""Arguments of an address that are kept beside filters."""


def canonical(pairs: Iterable[tuple[str, str]]) -> str:
    """The arguments that are kept, in one order; filters are numbered anew."""
    given = [(name, value) for name, value in pairs if value != ""]
    plain = dict(given)
    kept = [(name, plain[name]) for name in KEPT if name in plain]
    filters = [(name.partition("_")[2], value) for name, value in given if name.startswith("flt") and "_" in name]
    return urlencode(kept + [(f"flt{place}_{name}", value) for place, (name, value) in enumerate(filters)])


def canonical_text(query: str) -> str:
    """The same of an address's query, with or without its `?`."""
    return canonical(parse_qsl(query.lstrip("?"), keep_blank_values=False))


def pairs_of(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query)


def kept_query(view: Any, args: ListArgs) -> str:
    """The same with the columns that the person chose, for what is to be kept; empty where nothing is asked."""
    query = query_of(view, args)
    columns = columns_text(view)
    return canonical([*pairs_of(query), (ARGUMENT, columns)]) if query and columns else query


def query_of(view: Any, args: ListArgs) -> str:
    """What the list shows now, in words that another person's list understands as well."""
    pairs = [("search", args.search or ""), ("whole", "1" if args.whole and args.search else "")]
    pairs.append(("by", view.order_by_names(args)))
    if args.page_size and args.page_size != view.page_size:
        pairs.append(("page_size", str(args.page_size)))
    pairs += [(name, value) for name, value in args.extra_args.items() if name in KEPT]
    for place, (index, _, value) in enumerate(args.filters or ()):
        pairs.append((f"flt{place}_{view.get_filter_arg(index, view._filters[index])}", value))
    return canonical(pairs)
