"""Who may write queries, and whose answers one may see."""

import sqlalchemy as sa

from demijohn.admin.access import may
from demijohn.admin.queries.models import SavedQuery
from demijohn.database.base import db

WRITE = "admin.sql"
"""The permission to write queries, and so to read everything that is no secret; of superusers by itself."""
MOST = 500
"""Queries that are listed; our choice."""


def may_write() -> bool:
    return may(WRITE)


def may_see(query: SavedQuery) -> bool:
    return may_write() or (query.permission != "" and may(query.permission))


def seen_queries(*, on_board: bool = False) -> list[SavedQuery]:
    """Those whose answers the person asking may see, by title."""
    wanted = sa.select(SavedQuery).order_by(SavedQuery.title, SavedQuery.id).limit(MOST)
    if on_board:
        wanted = wanted.where(SavedQuery.is_on_board)
    return [query for query in db.session.scalars(wanted) if may_see(query)]
