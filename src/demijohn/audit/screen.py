"""The audit log's page in the dashboard: read only, and it says how far the log is sealed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from demijohn.audit.models import ENTRIES, AuditSeal
from demijohn.database.base import db

MOST_COUNTED = 10_000


@dataclass(frozen=True, kw_only=True)
class ChainState:
    """How far the log is sealed.

    Attributes:
        number, at: of the newest seal; None before the first.
        last: the newest entry in a seal.
        waiting: entries after it, counted up to ten thousand.
        dropped: entries that retention deleted.
    """

    number: int | None
    at: datetime | None
    last: int | None
    waiting: int
    dropped: int


def chain_state() -> ChainState:
    """The newest seal and what came after it; checks nothing, which is what `flask audit verify` does."""
    seals = sa.select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)
    newest = db.session.scalars(seals).first()
    pruned = db.session.scalars(seals.where(AuditSeal.kind == "pruned")).first()
    holder = db.session.scalars(seals.where(AuditSeal.count > 0)).first()
    last = holder.ids[-1][1] if holder else None
    later = sa.select(ENTRIES.c.id).where(ENTRIES.c.id > (last or 0)).limit(MOST_COUNTED).subquery()
    return ChainState(
        number=newest.number if newest else None,
        at=newest.at if newest else None,
        last=last,
        waiting=db.session.scalar(sa.select(sa.func.count()).select_from(later)) or 0,
        dropped=pruned.facts["dropped"] if pruned else 0,
    )


SCREEN: dict[str, Any] = {
    "can_view_details": True,
    "column_default_sort": ("id", True),
    "column_date_hierarchy": "at",
    "column_facets": ("action", "channel", "table"),
    "list_template": "audit/list.html",
    "chain_state": staticmethod(chain_state),
    "column_labels": {
        "at": "When",
        "actor": "Who",
        "actor_id": "User id",
        "action": "Event",
        "key": "Record",
        "channel": "Through",
        "request_id": "Request",
    },
    "column_details_list": (
        *("at", "actor", "actor_id", "channel", "address", "request_id"),
        *("action", "table", "key", "changes"),
    ),
}
"""Options of the page."""
