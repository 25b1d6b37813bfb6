"""The models on the first page: how many records each has, and how many came on each of the last days."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from demijohn import clock
from demijohn.admin.board.charts import sparkline
from demijohn.admin.kinds import is_aware, is_secret, kind_of, mapper_of
from demijohn.admin.lists.totals import COUNT_LIMIT, count_text
from demijohn.admin.scoping import for_me
from demijohn.database.base import db

DAYS = 30
CREATION = ("created_at", "created_on", "placed_at", "opened_at", "ordered_at", "submitted_at", "published_at", "date")
"""Names of columns that say when a record came, best first."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """A model as shown on the first page."""

    name: str
    singular: str
    category: str
    url: str
    create_url: str | None
    count_text: str
    trend: Markup | None


def model_cards(views: list[Any]) -> list[ModelCard]:
    """One card per view, in the order of the menu, with its number of records and its trend."""
    ordered = sorted(views, key=lambda view: (view.category is not None, view.admin.model_views().index(view)))
    numbers = count_rows([view.model for view in ordered])
    trends = arrivals({view.table: trend_column(view, number) for view, number in zip(ordered, numbers, strict=True)})
    return [
        ModelCard(
            name=str(view.name),
            singular=view.singular,
            category=str(view.category or ""),
            url=view.get_url(f"{view.endpoint}.index_view"),
            create_url=view.get_url(f"{view.endpoint}.create_view") if view.can_create else None,
            count_text=count_text(number),
            trend=drawn_trend(trends.get(view.table)),
        )
        for view, number in zip(ordered, numbers, strict=True)
    ]


def drawn_trend(values: list[int] | None) -> Markup | None:
    if not values or not any(values):
        return None
    return sparkline(values, title=f"{sum(values):,} in the last {DAYS} days")


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


def trend_column(view: Any, count: int) -> Any | None:
    """The attribute that says when a record of the view came, if looking at the last days is cheap and permitted."""
    mapper = mapper_of(view.model)
    if getattr(view.model, "__bind_key__", None) is not None or not count:
        return None
    for name in CREATION:
        prop = mapper.column_attrs.get(name)
        column = prop.columns[0] if prop is not None else None
        if column is None or kind_of(column) not in {"date", "datetime"} or is_secret(column):
            continue
        if view.permits("view", None, name) and (count <= COUNT_LIMIT or leads_an_index(column)):
            return getattr(view.model, name)
    return None


def leads_an_index(column: Any) -> bool:
    indexes = getattr(column.table, "indexes", ())
    return any(next(iter(index.columns), None) is column for index in indexes)


def arrivals(columns: dict[str, Any | None]) -> dict[str, list[int]]:
    """Table -> records that came on each of the last days, oldest first, in one statement."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - dt.timedelta(days=DAYS - 1)
    parts = [_arrivals(table, column, first) for table, column in columns.items() if column is not None]
    if not parts:
        return {}
    found: dict[str, list[int]] = {}
    for table, day, count in db.session.execute(sa.union_all(*parts)):
        place = (dt.date.fromisoformat(str(day)[:10]) - first.date()).days
        if 0 <= place < DAYS:
            found.setdefault(table, [0] * DAYS)[place] += int(count)
    return found


def _arrivals(table: str, column: Any, first: dt.datetime) -> Any:
    since = first.date() if kind_of(column) == "date" else first
    day = sa.cast(sa.func.date(in_utc(column)), sa.String)
    counted = sa.select(sa.literal(table), day, sa.func.count()).where(column >= since).group_by(day)
    return for_me(counted, column.class_)


def in_utc(column: Any) -> Any:
    """The moment as the day in UTC sees it; PostgreSQL would take the connection's time zone."""
    is_zoned = is_aware(column) and db.engine.dialect.name == "postgresql"
    return sa.func.timezone("UTC", column) if is_zoned else column
