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


@dataclass(frozen=True, kw_only=True)
class AdminView:
    """A framework model's place in the dashboard; the admin battery makes a view of it.

    Attributes:
        model: the mapped class.
        category: the menu group.
        columns: what the list shows, in order; empty means chosen by the admin.
        form_columns: what the form offers; empty with `can_create` and `can_edit` false.
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
    options: Mapping[str, Any] = field(default_factory=dict)
