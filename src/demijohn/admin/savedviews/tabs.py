"""The tabs above a list: everything, the views that the project declared, those that people kept."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from demijohn.admin.memory import memory_of
from demijohn.admin.savedviews.models import SavedView
from demijohn.admin.savedviews.queries import canonical_text, query_of
from demijohn.auth.access import current_user
from demijohn.database.base import db

MOST = 30
"""Views of one list that are shown to one person."""


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One tab.

    Attributes:
        key: what its number of rows is asked by; None for everything.
        saved: the row behind it; None for what the project declared.
    """

    name: str
    url: str
    query: str
    key: str | None
    is_current: bool
    is_shared: bool = False
    saved: SavedView | None = None


def kept_views(list_name: str) -> list[SavedView]:
    """The views of a list that the person asking has: their own, and what others share."""
    mine = SavedView.owner_id == current_user.id
    query = sa.select(SavedView).where(SavedView.list_name == list_name, sa.or_(mine, SavedView.is_shared))
    return list(db.session.scalars(query.order_by(SavedView.position, SavedView.id).limit(MOST)))


def declared_views(view: Any) -> list[tuple[str, str]]:
    """Name and query of what the project declared."""
    return [(str(name), canonical_text(query)) for name, query in dict(view.saved_views or {}).items()]


def tabs_of(view: Any, args: Any) -> list[Tab]:
    """The tabs of the list; none where nothing is kept and nothing declared."""
    current = query_of(view, args)
    address = str(view.get_url(".index_view"))

    def tab(name: str, query: str, key: str | None, **more: Any) -> Tab:
        url = f"{address}?{query}" if query else address
        return Tab(name=name, url=url, query=query, key=key, is_current=query == current, **more)

    found = [tab(name, query, f"d{place}", is_shared=True) for place, (name, query) in enumerate(declared_views(view))]
    kept = kept_views(view.endpoint) if memory_of(view.admin.app, SavedView).asks() else []
    found += [
        tab(one.name, canonical_text(one.query), f"s{one.id}", is_shared=one.is_shared, saved=one) for one in kept
    ]
    return [tab("", "", None), *found] if found else []
