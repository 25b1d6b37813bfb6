"""What a session is, from its cookie to where it is kept: when it ends, when its id changes, who wins a race."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, Request, current_app

from demijohn import clock
from demijohn.database.base import db
from demijohn.redis.server import redis_of
from demijohn.sessions import contents, ids, limits
from demijohn.sessions.backends.base import Backend, Change, NewSession, Renewal
from demijohn.sessions.backends.table import TableSessions
from demijohn.sessions.principal import Principal
from demijohn.sessions.session import USER, Found, TableSession
from demijohn.sessions.settings import SessionsSettings
from demijohn.sessions.signals import session_replayed


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the browser should hold: the id (None for none), and when that ends (None: with the browser)."""

    id: str | None
    expires_at: datetime | None = None


class Store:
    """The sessions of one application; kept at `app.extensions["demijohn.sessions"]`.

    Args:
        section: how long sessions live.
        admin_path: where the stricter idle limit holds, as `/admin`.
    """

    def __init__(self, section: SessionsSettings, backend: Backend, *, admin_path: str) -> None:
        self.section = section
        self.backend = backend
        self.admin_path = admin_path

    def find(self, session_id: str, path: str) -> Found | None:
        """What an id stands for, asked by a request to this path."""
        row = self.backend.find(ids.digest(session_id))
        if row is None:
            return None
        now = clock.now()
        ends = limits.expiry(
            row.session_created_at, row.session_last_seen_at, self.section, remember=bool(row.remember)
        )
        if now >= min(ends, row.session_expires_at):
            return Found(row=row, data={}, is_over=True)
        if limits.is_replayed(
            row.retired_at, now, renewed_at=row.session_renewed_at, last_seen_at=row.session_last_seen_at
        ):
            return Found(row=row, data={}, is_over=True, is_replayed=True)
        if self._is_too_idle_here(row, path, now):
            return Found(row=row, data={}, is_over=True)
        return Found(row=row, data=contents.load(row.data))

    def _is_too_idle_here(self, row: Principal, path: str, now: datetime) -> bool:
        in_admin = path == self.admin_path or path.startswith(f"{self.admin_path}/")
        return in_admin and limits.is_too_idle_for_admin(row.session_last_seen_at, now, self.section)

    def write(self, session: TableSession, request: Request) -> Written | None:
        """Store what a request made of its session; None if the browser is to keep what it has.

        Raises:
            TypeError, SessionTooBigError: it holds what cannot be stored.
            sqlalchemy.exc.OperationalError, RedisAway: it cannot be written (down, or locked for long).
        """
        old = session.stored
        if session.data:
            contents.dump(session.data)  # what cannot be stored is said before anything is written
        let_go_of_the_views_transaction()
        if session.data and session.row is not None:
            return self._change(session)
        if session.data:
            written, was_there = self._begin(session, request)
        else:
            written, was_there = Written(id=session.id), old is not None and self.backend.end(old)
        if was_there and session.is_replayed:
            announce_replay(old, request)
        return written

    def _begin(self, session: TableSession, request: Request) -> tuple[Written, bool]:
        """A session under an id that nobody has seen; whatever the browser sent is never adopted."""
        now, remember = clock.now(), is_remembered(session.data)
        written = self._written(ids.row_id(session.id), session.data, created_at=now, now=now)
        new = NewSession(
            digest=ids.digest(str(written.id)),
            user_id=user_number(session.data),
            now=now,
            expires_at=limits.expiry(now, now, self.section, remember=remember),
            remember=remember,
            address=(request.remote_addr or "")[:45],
            agent=request.user_agent.string[:255],
            data=contents.dump(session.data),
        )
        return written, self.backend.begin(new, instead_of=session.stored)

    def _change(self, session: TableSession) -> Written | None:
        """The session as this request made it, under a new id if it took one; None if it has ended.

        If another request wrote meanwhile, only the keys this one changed are taken.
        """
        row, data, expected = session.stored, session.data, session.stored.data
        new_id = None if session.id == session.cookie else ids.row_id(session.id)
        while True:
            now = clock.now()
            held = self.backend.change(row, self._as_change(row, data, expected, new_id, now))
            if held is None:
                return None
            if held.is_done:
                break
            expected, data = held.data, contents.merge(held.data, before=row.data, after=session.data)
        if new_id is not None:
            return self._written(new_id, data, created_at=row.session_created_at, now=now)
        if self._needs_renewal(row, now):
            return self._renew(session, data)
        if row.retired_at is not None or not held.is_current:
            return None  # the browser has a newer id from another answer
        return self._written(str(session.cookie), data, created_at=row.session_created_at, now=now)

    def _as_change(
        self, row: Principal, data: dict[str, Any], expected: str, new_id: str | None, now: datetime
    ) -> Change:
        remember = is_remembered(data)
        return Change(
            now=now,
            expires_at=limits.expiry(row.session_created_at, now, self.section, remember=remember),
            remember=remember,
            data=contents.dump(data),
            expected=expected,
            digest=ids.digest(new_id) if new_id else None,
        )

    def is_to_note(self, row: Principal) -> bool:
        """Whether a request that changed nothing has something to write: that it was here, or a newer id."""
        now = clock.now()
        if self._needs_renewal(row, now):
            return True
        if row.retired_at is not None:
            return False
        is_first_use = row.session_created_at < row.session_renewed_at >= row.session_last_seen_at
        return is_first_use or limits.is_seen_anew(row.session_last_seen_at, now)

    def touch(self, session: TableSession) -> Written | None:
        """Note that the session was used just now; None if the browser is to keep what it has."""
        row = session.row
        assert row is not None  # noqa: S101 - the caller asked
        now = clock.now()
        let_go_of_the_views_transaction()
        if self._needs_renewal(row, now):
            return self._renew(session, session.data)
        ends = limits.expiry(row.session_created_at, now, self.section, remember=bool(row.remember))
        if not self.backend.touch(row, now=now, expires_at=ends):
            return None
        return self._written(str(session.cookie), session.data, created_at=row.session_created_at, now=now)

    def _needs_renewal(self, row: Principal, now: datetime) -> bool:
        return row.remember and limits.needs_renewal(
            row.session_renewed_at, now, self.section, retired_at=row.retired_at
        )

    def _renew(self, session: TableSession, data: dict[str, Any]) -> Written | None:
        """A newer id for the same session; None if another request was quicker."""
        row, now = session.stored, clock.now()
        new_id = ids.row_id(session.cookie)  # forms that are open stay valid
        ends = limits.expiry(row.session_created_at, now, self.section, remember=bool(row.remember))
        retired = tuple(dict.fromkeys((row.digest, ids.digest(str(session.cookie)))))
        renewal = Renewal(digest=ids.digest(new_id), retired=retired, now=now, expires_at=ends)
        if not self.backend.renew(row, renewal):
            return None
        return self._written(new_id, data, created_at=row.session_created_at, now=now)

    def _written(self, session_id: str, data: dict[str, Any], *, created_at: datetime, now: datetime) -> Written:
        remember = is_remembered(data)
        ends = limits.expiry(created_at, now, self.section, remember=remember)
        return Written(id=session_id, expires_at=ends if remember else None)


def chosen_backend(app: Flask, section: SessionsSettings) -> Backend:
    """Where the settings keep sessions.

    Raises:
        SetupError: Redis is chosen, and not named or not installed.
    """
    if section.backend == "database":
        return TableSessions()
    from demijohn.sessions.backends.redis import RedisSessions

    return RedisSessions(redis_of(app), longest=limits.longest(section))


def announce_replay(row: Principal, request: Request) -> None:
    """Tell whoever listens that somebody has a copy of this session's id."""
    app: Any = current_app
    session_replayed.send(
        app._get_current_object(),
        user_id=row.user_id,
        address=(request.remote_addr or "")[:45],
        agent=request.user_agent.string[:255],
    )


def is_remembered(data: dict[str, Any]) -> bool:
    """Whether it outlives the browser: Flask's `session.permanent`, or Flask-Login's `login_user(remember=True)`."""
    return bool(data.get("_permanent")) or data.get("_remember") == "set"


def user_number(data: dict[str, Any]) -> int | None:
    """The signed-in user's id, if it is a number (a project's own accounts may use another kind)."""
    value = str(data.get(USER, ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def let_go_of_the_views_transaction() -> None:
    """End what the view left open, which its teardown would throw away anyway.

    Until then it may hold SQLite's only write lock, and our write would wait for it in vain.
    """
    if db.session.registry.has() and db.session().in_transaction():
        db.session.rollback()
