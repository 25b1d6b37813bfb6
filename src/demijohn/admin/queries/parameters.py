"""Named parameters of a query: found, and numbered for the database that wants numbers. Pure functions over text.

A value never becomes part of the text. What is taken for a parameter and is none, or the other way round, is an error
of the database and nothing worse.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
      [eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | --[^\n]*
    | /\*.*?\*/
    | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$
    | ::
    | (?<![\w:]):(?P<name>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """A query with `$1` for its parameters.

    Attributes:
        names: the parameters in the order of their numbers.
        steps: places in the new text, each with the place in the old one that it comes from.
    """

    text: str
    names: tuple[str, ...]
    steps: tuple[tuple[int, int], ...]

    def origin(self, position: int) -> int:
        """Where in the text that was written this place is (both from 0)."""
        new, old = max((step for step in self.steps if step[0] <= position), default=(0, 0))
        return old + position - new


def names_in(sql: str) -> list[str]:
    """The parameters of a query, in their order."""
    return list(dict.fromkeys(found["name"] for found in TOKEN.finditer(sql) if found["name"]))


def numbered(sql: str) -> Numbered:
    names = names_in(sql)
    parts: list[str] = []
    steps = [(0, 0)]
    end = length = 0
    for found in TOKEN.finditer(sql):
        if not found["name"]:
            continue
        piece = f"{sql[end : found.start()]}${names.index(found['name']) + 1}"
        parts.append(piece)
        length, end = length + len(piece), found.end()
        steps.append((length, end))
    return Numbered(text="".join([*parts, sql[end:]]), names=tuple(names), steps=tuple(steps))


def is_day(name: str) -> bool:
    """Whether a parameter asks for a day, by its name."""
    return name in {"day", "date", "since", "until", "from_date", "to_date"} or name.endswith(("_on", "_date", "_day"))
