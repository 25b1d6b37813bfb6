"""What the address of a list page asks for, beside Flask-Admin's own arguments.

`by=status,-total` sorts by columns' names and `then=status,-total` further, `after=` and `before=` are places
(`cursors`), `count=exact` counts every row, `whole=1` searches every row. A negative `page` counts from the end: -1 is
the last page.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_admin.model.base import ViewArgs

OURS = ("then", "by", "after", "before", "count", "whole")
MOST_SORTS = 5
"""Columns that a list is sorted by at once; our choice."""
RESETS = frozenset({"sort", "sort_desc", "then", "search", "filters", "page_size", "whole"})
"""Arguments whose change leads to the first page."""


class ListArgs(ViewArgs):
    """Flask-Admin's arguments of a list, and ours.

    Attributes:
        then: further columns to sort by: (name, whether descending).
        after: the place that the page follows, None for none.
        before: the place that the page precedes.
        count_exactly: whether every row is to be counted.
        whole: whether every row is to be searched, however long that takes.
    """

    def __init__(self, **given: Any) -> None:
        self.then: tuple[tuple[str, bool], ...] = given.pop("then", ())
        self.after: str | None = given.pop("after", None)
        self.before: str | None = given.pop("before", None)
        self.count_exactly: bool = given.pop("count_exactly", False)
        self.whole: bool = given.pop("whole", False)
        super().__init__(**given)

    def clone(self, **changes: Any) -> "ListArgs":
        """The same with these changes; a place is kept only as long as the list and the page stay the same."""
        resets = RESETS & {name for name, value in changes.items() if value != getattr(self, name)}
        if resets:
            changes = {"page": 0, **changes}
        if {"sort", "sort_desc"} & resets:
            changes = {"then": (), **changes}
        stays = not resets and changes.get("page", self.page) == self.page
        kept = vars(self) if stays else {**vars(self), "after": None, "before": None, "count_exactly": False}
        copied = {"filters": list(self.filters) if self.filters else None, "extra_args": dict(self.extra_args)}
        return ListArgs(**{**kept, **copied, **changes})

    def list_parts(self) -> tuple[Any, ...]:
        """What tells one list from another, whatever the page."""
        return (
            self.page_size, self.sort, bool(self.sort_desc), self.then, self.search, self.whole, self.filters or [],
            self.extra_args,
        )  # fmt: skip

    def own_parts(self) -> dict[str, str]:
        """Our arguments as an address carries them."""
        then = sorts_text(self.then)
        whole = "1" if self.whole and self.search else None
        return {
            name: text
            for name, text in (("then", then), ("whole", whole), ("after", self.after), ("before", self.before))
            if text
        }


def sorts_in(text: str) -> tuple[tuple[str, bool], ...]:
    """Columns to sort by, of `status,-total`: (name, whether descending)."""
    names = [name for name in text.split(",") if name.strip("-")][:MOST_SORTS]
    return tuple((name.removeprefix("-"), name.startswith("-")) for name in names)


def sorts_text(sorts: Iterable[tuple[str, bool]]) -> str:
    return ",".join(f"{'-' if descends else ''}{name}" for name, descends in sorts)


def own_arguments(args: Mapping[str, str]) -> dict[str, Any]:
    """Our arguments of an address, as `ListArgs` takes them."""
    return {
        "then": sorts_in(args.get("then", "")),
        "after": args.get("after") or None,
        "before": args.get("before") or None,
        "count_exactly": args.get("count") == "exact",
        "whole": args.get("whole") == "1",
    }
