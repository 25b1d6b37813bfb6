"""What a battery can contribute, as plain data that is known before any battery starts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flask import Flask

Level = Literal["info", "warning", "error"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One finding of a check.

    Attributes:
        id: stable, `<battery>.<E|W|I><number>`, never reused.
        level: `error` stops a start in production and fails `flask check`.
        text: what is wrong, with the value unless it is secret.
        fix: what to type.
    """

    id: str
    level: Level
    text: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question asked of a ready application, answered by the problems found."""

    name: str
    run: Callable[[Flask], Iterable[Problem]]
    deploy: bool = False  # only asked by `flask check --deploy`


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A service `/readyz` asks about; `run` returns None when well, else one line without secrets.

    Attributes:
        is_vital: whether an instance without it should get no requests. Without one that is not vital, `/readyz` says
            `degraded` with status 200.
    """

    name: str
    run: Callable[[Flask], str | None]
    is_vital: bool = True


def nothing_waits(app: Flask) -> int:
    del app
    return 0


@dataclass(frozen=True, kw_only=True)
class Job:
    """Work that comes round: every serving process looks now and then, and a command does it at once.

    Attributes:
        name: what its pieces are called, in the plural: `ended sessions`.
        run: does one batch in a short transaction of its own and returns how many pieces that were, 0 if none is left.
            Called in an application context, perhaps by several processes at once.
        every_seconds: how often a process looks.
        waiting: how many pieces there are to do now; only reads.
        prunes: whether the pieces are rows that have had their time: `flask prune` deletes them.
    """

    name: str
    run: Callable[[Flask], int]
    every_seconds: float = 3_600
    waiting: Callable[[Flask], int] = nothing_waits
    prunes: bool = False


def for_every_row(row: Any) -> bool:
    del row
    return True


@dataclass(frozen=True, kw_only=True)
class RowLink:
    """An entry in the menu of a list's rows that leads to a page of the battery's own.

    Attributes:
        endpoint, argument: where it leads, and the name of the argument that gets the row's key.
        icon: a name in the sprite `icons.svg`.
        is_offered: whether it is there for this row and whoever is asking; the page itself must ask again.
    """

    endpoint: str
    argument: str
    label: str
    icon: str
    is_offered: Callable[[Any], bool] = for_every_row


@dataclass(frozen=True, kw_only=True)
class AdminView:
    """A framework model's place in the dashboard; the admin battery makes a view of it.

    Attributes:
        model: the mapped class.
        category: the menu group.
        columns: what the list shows, in order; empty means chosen by the admin.
        form_columns: what the form offers; empty with `can_create` and `can_edit` false.
        row_links: further entries in the menu of each row.
        options: any further documented Flask-Admin option of the view class.
    """

    model: type
    name: str
    category: str = "Administration"
    columns: tuple[str, ...] = ()
    searchable: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    form_columns: tuple[str, ...] = ()
    can_create: bool = False
    can_edit: bool = False
    can_delete: bool = False
    row_links: tuple[RowLink, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
