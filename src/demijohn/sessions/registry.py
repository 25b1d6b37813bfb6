"""The sessions of a user: listed and ended.

Ending goes with `db.session`, so a password change and the end of the other sessions happen together: commit it.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, has_request_context

from demijohn import clock
from demijohn.sessions import principal
from demijohn.sessions.backends.base import Backend


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
    listed = sorted(backend().of_user(user_id, clock.now()), key=lambda one: (one.last_seen_at, one.id), reverse=True)
    return [
        SessionInfo(
            id=one.id,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            address=one.address,
            agent=one.agent,
            is_current=one.id == mine,
        )
        for one in listed
    ]


def end_sessions(user_id: int, *, except_current: bool = False) -> int:
    """End every session of the user, or all but this request's; returns how many. The caller commits."""
    return backend().end_of_user(user_id, but=current_id() if except_current else None)


def end_session(user_id: int, session_id: int) -> bool:
    """End one session if it is this user's; whether it was. The caller commits."""
    return backend().end_of_user(user_id, session_id=session_id) == 1


def current_id() -> int | None:
    row = principal.current() if has_request_context() else None
    return None if row is None else int(row.session_id)


def backend() -> Backend:
    found: Backend = current_app.extensions["demijohn.sessions"].backend
    return found
