"""The first page: the project's numbers, how many records there are, and what changed lately."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask
from flask_admin import AdminIndexView, expose

from demijohn.admin.access import STAFF, may, turn_away
from demijohn.admin.formatting import plain_text
from demijohn.admin.history import recent_entries
from demijohn.admin.lists.totals import COUNT_LIMIT, count_text
from demijohn.admin.scoping import for_me
from demijohn.database.base import db

RECENT = 10
"""Changes on the first page; our choice."""

F = TypeVar("F", bound=Callable[[], Any])


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number that a project puts on the dashboard."""

    label: str
    function: Callable[[], Any]
    permission: str
    url: Callable[[], str] | str | None
    hint: str | None


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A number as shown."""

    label: str
    value: str
    url: str | None
    hint: str | None


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """A model as shown on the first page."""

    name: str
    singular: str
    category: str
    url: str
    create_url: str | None
    count_text: str


class Dashboard:
    """Kept at `app.extensions["demijohn.admin"]`: what this application puts on its first page."""

    def __init__(self) -> None:
        self.numbers: list[Number] = []

    def number(
        self,
        label: str,
        *,
        permission: str = STAFF,
        url: Callable[[], str] | str | None = None,
        hint: str | None = None,
    ) -> Callable[[F], F]:
        """Show what the decorated function returns, to people who hold the permission.

        Args:
            label: what people read above the number.
            permission: asked before the function is called.
            url: where the tile leads; a function is called in the request (`lambda: url_for(...)`).
            hint: a few words below the number.
        """

        def register(function: F) -> F:
            self.numbers.append(Number(label=label, function=function, permission=permission, url=url, hint=hint))
            return function

        return register

    def tiles(self) -> list[Tile]:
        return [tile_of(number) for number in self.numbers if may(number.permission)]


def dashboard_of(app: Flask) -> Dashboard:
    dashboard: Dashboard = app.extensions["demijohn.admin"]
    return dashboard


def tile_of(number: Number) -> Tile:
    value = number.function()
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else plain_text(value)
    url = number.url() if callable(number.url) else number.url
    return Tile(label=number.label, value=text, url=url, hint=number.hint)


class IndexView(AdminIndexView):
    """`admin.index`, for staff."""

    def is_accessible(self) -> bool:
        return may(STAFF)

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        return turn_away()

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)

    @expose()
    def index(self) -> Any:
        """The dashboard."""
        views = self.admin.visible_views()
        return self.render(
            self._template,
            tiles=dashboard_of(self.admin.app).tiles(),
            models=model_cards(list(views.values())),
            recent=recent_entries(views, RECENT),
        )


def model_cards(views: list[Any]) -> list[ModelCard]:
    """One card per view, in the order of the menu, with its number of records."""
    ordered = sorted(views, key=lambda view: (view.category is not None, view.admin.model_views().index(view)))
    numbers = count_rows([view.model for view in ordered])
    return [
        ModelCard(
            name=str(view.name),
            singular=view.singular,
            category=str(view.category or ""),
            url=view.get_url(f"{view.endpoint}.index_view"),
            create_url=view.get_url(f"{view.endpoint}.create_view") if view.can_create else None,
            count_text=count_text(number),
        )
        for view, number in zip(ordered, numbers, strict=True)
    ]


def count_rows(models: list[type]) -> list[int]:
    """Rows of each model up to COUNT_LIMIT, one statement per database."""
    found: dict[type, int] = {}
    by_bind: dict[Any, list[type]] = {}
    for model in models:
        by_bind.setdefault(getattr(model, "__bind_key__", None), []).append(model)
    for same in by_bind.values():
        parts = [_capped_count(model) for model in same]
        row = db.session.execute(sa.select(*parts), bind_arguments={"mapper": sa.inspect(same[0])}).one()
        found |= dict(zip(same, row, strict=True))
    return [found[model] for model in models]


def _capped_count(model: Any) -> Any:
    rows = for_me(sa.select(sa.literal_column("1")).select_from(model), model)
    capped = rows.limit(COUNT_LIMIT + 1).subquery()
    return sa.select(sa.func.count()).select_from(capped).scalar_subquery()
