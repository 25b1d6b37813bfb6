"""The sessions of a user: listed and ended.

Ending happens in `db.session`, so a password change and the end of the other sessions are one transaction: commit it.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import has_request_context

from demijohn import clock
from demijohn.database.base import db
from demijohn.sessions import principal
from demijohn.sessions.models import UserSession


@dataclass(frozen=True, kw_only=True)
class SessionInfo:
    """One session as its owner sees it; moments are aware, UTC, `last_seen_at` to the minute."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    address: str
    agent: str
    is_current: bool


def sessions_of(user_id: int) -> list[SessionInfo]:
    """The user's sessions that have not ended, the last used first."""
    mine = current_id()
    found = sa.select(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at > clock.now())
    return [
        SessionInfo(
            id=row.id,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            address=row.address,
            agent=row.agent,
            is_current=row.id == mine,
        )
        for row in db.session.scalars(found.order_by(UserSession.last_seen_at.desc(), UserSession.id.desc()))
    ]


def end_sessions(user_id: int, *, except_current: bool = False) -> int:
    """End every session of the user, or all but this request's; returns how many. The caller commits."""
    ended = sa.delete(UserSession).where(UserSession.user_id == user_id)
    mine = current_id() if except_current else None
    if mine is not None:
        ended = ended.where(UserSession.id != mine)
    return count_of(ended)


def end_session(user_id: int, session_id: int) -> bool:
    """End one session if it is this user's; whether it was. The caller commits."""
    return count_of(sa.delete(UserSession).where(UserSession.user_id == user_id, UserSession.id == session_id)) == 1


def current_id() -> int | None:
    row = principal.current() if has_request_context() else None
    return None if row is None else int(row.session_id)


def count_of(statement: sa.Delete) -> int:
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(getattr(result, "rowcount", 0))
