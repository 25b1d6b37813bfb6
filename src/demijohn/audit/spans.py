"""Sets of ids as spans, [[first, last], …]: pure functions over whole numbers.

Imports neither Flask nor the database, so every rule can be tested with numbers.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

Span = list[int]
"""`[first, last]`, both included."""


def spans_of(ids: Iterable[int]) -> list[Span]:
    """The ids, given in order, as spans."""
    spans: list[Span] = []
    for one in ids:
        if spans and one == spans[-1][1] + 1:
            spans[-1][1] = one
        else:
            spans.append([one, one])
    return spans


def add(spans: list[Span], more: Iterable[Span]) -> None:
    """Add spans to the end of the list, joined where they follow on: the usual case keeps it short."""
    for first, last in more:
        if spans and first == spans[-1][1] + 1:
            spans[-1][1] = last
        else:
            spans.append([first, last])


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same ids in order, with as few spans as can be."""
    result: list[Span] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1][1] = max(last, result[-1][1])
        else:
            result.append([first, last])
    return result


def gaps(spans: list[Span]) -> list[Span]:
    """What lies between spans that are in order."""
    return [[before[1] + 1, after[0] - 1] for before, after in pairwise(spans)]


def contains(spans: list[Span], one: int) -> bool:
    """Whether the id is in the spans, which are in order."""
    place = bisect_right(spans, [one, one]) - 1
    return any(spans[i][0] <= one <= spans[i][1] for i in (place, place + 1) if 0 <= i < len(spans))


def ids_in(spans: Iterable[Span]) -> Iterator[int]:
    for first, last in spans:
        yield from range(first, last + 1)


def size(spans: Iterable[Span]) -> int:
    return sum(last - first + 1 for first, last in spans)


def are_spans(value: Any) -> bool:
    """Whether this, read from a database that somebody may have edited, is a set of ids in order."""
    if not isinstance(value, list):
        return False
    before: int | None = None
    for one in value:
        if not (isinstance(one, list) and len(one) == 2 and all(type(number) is int for number in one)):
            return False
        if one[0] > one[1] or (before is not None and one[0] <= before):
            return False
        before = one[1]
    return True
