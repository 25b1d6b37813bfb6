"""Which columns a list shows: those of its address, else those that the person chose, else the view's own.

`columns=number,customer,total` in an address names them, as saved views do.
"""

from dataclasses import dataclass
from typing import Any

from flask import request

from demijohn.admin.preferences.kept import preference

ARGUMENT = "columns"

Column = tuple[Any, Any]
"""Name and label."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A column that the list can show; `key` is its name."""

    key: str
    label: str
    is_shown: bool


def columns_key(view: Any) -> str:
    """What the choice of a list's columns is kept under."""
    return f"columns:{view.endpoint}"


def possible(view: Any) -> dict[str, Column]:
    """Name -> column of all that the person asking may see in the list, the view's own first."""
    every = {str(column[0]): column for column in (*view._list_columns, *view._more_columns)}
    return {name: column for name, column in every.items() if view.permits("view", None, name)}


def shown(view: Any) -> list[Column]:
    """The columns that the list shows to the person asking, in order."""
    own = list(map(str, (column[0] for column in view._list_columns)))
    known = possible(view)
    found = [known[name] for name in dict.fromkeys(wanted(view) or own) if name in known]
    return found or [known[name] for name in own if name in known]


def wanted(view: Any) -> list[str] | None:
    """The names that the address or the person asks for; None for the view's own."""
    named = request.args.get(ARGUMENT, "")
    if named:
        return named.split(",")
    kept = preference(columns_key(view)) if view._more_columns or len(view._list_columns) > 1 else None
    return [str(name) for name in kept] if isinstance(kept, list) else None


def choices_of(view: Any) -> list[Choice]:
    """Everything that can be chosen: what is shown in its order, then the rest; none where there is no choice."""
    known, here = possible(view), [str(name) for name, _ in view.permitted_columns()]
    names = [*here, *(name for name in known if name not in here)]
    found = [Choice(key=name, label=str(known[name][1]), is_shown=name in here) for name in names]
    return found if len(found) > 1 else []


def columns_text(view: Any) -> str:
    """The columns shown, as an address carries them; empty for the view's own."""
    here = [str(name) for name, _ in view.permitted_columns()]
    own = [str(column[0]) for column in view._list_columns if view.permits("view", None, str(column[0]))]
    return "" if here == own else ",".join(here)
