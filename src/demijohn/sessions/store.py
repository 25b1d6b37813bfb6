"""Reads and writes the rows of sessions.

Writes run in their own short transaction on the engine, never in `db.session`: a view's work and its session are two
things, and a view that failed has one too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import Request

from demijohn import clock
from demijohn.database.base import db
from demijohn.sessions import contents, ids, limits
from demijohn.sessions.models import TABLE
from demijohn.sessions.principal import Lookup
from demijohn.sessions.session import USER, Found, TableSession
from demijohn.sessions.settings import SessionsSettings


@dataclass(frozen=True, kw_only=True)
class Written:
    """What the browser should hold: the id (None for none), and when that ends (None: with the browser)."""

    id: str | None
    expires_at: datetime | None = None


class Store:
    """The rows of one application's sessions; kept at `app.extensions["demijohn.sessions"]`.

    Args:
        section: how long sessions live.
        admin_path: where the stricter idle limit holds, as `/admin`.
    """

    def __init__(self, section: SessionsSettings, *, admin_path: str) -> None:
        self.section = section
        self.admin_path = admin_path
        self.lookup = Lookup()

    def find(self, session_id: str, path: str) -> Found | None:
        """What an id stands for, asked by a request to this path; one statement."""
        row = self.lookup.find(ids.digest(session_id))
        if row is None:
            return None
        if self._is_over(row, path):
            return Found(row=row, data={}, is_over=True)
        return Found(row=row, data=contents.load(row.data))

    def _is_over(self, row: Any, path: str) -> bool:
        now = clock.now()
        ends = limits.expiry(
            row.session_created_at, row.session_last_seen_at, self.section, remember=bool(row.remember)
        )
        if now >= min(ends, row.session_expires_at):
            return True
        in_admin = path == self.admin_path or path.startswith(f"{self.admin_path}/")
        return in_admin and limits.is_too_idle_for_admin(row.session_last_seen_at, now, self.section)

    def write(self, session: TableSession, request: Request) -> Written | None:
        """Store what a request made of its session; None if it was ended meanwhile, so there is nothing to say.

        Raises:
            TypeError, SessionTooBigError: it holds what cannot be stored.
            sqlalchemy.exc.OperationalError: the database cannot be written (down, or locked for long).
        """
        if session.data:
            contents.dump(session.data)  # what cannot be stored is said before anything is written
        let_go_of_the_views_transaction()
        with db.engine.begin() as connection:
            if session.begins_anew and session.stored is not None:
                delete_row(connection, session)
            if not session.data:
                if not session.begins_anew and session.stored is not None:
                    delete_row(connection, session)
                return Written(id=session.id)
            if session.row is None:
                return self._insert(connection, session, request)
            return self._update(connection, session)

    def _insert(self, connection: sa.Connection, session: TableSession, request: Request) -> Written:
        """A row under an id that nobody has seen; whatever the browser sent is never adopted."""
        now, remember = clock.now(), is_remembered(session.data)
        written = self._written(ids.row_id(session.id), session.data, created_at=now, now=now)
        connection.execute(
            TABLE.insert().values(
                digest=ids.digest(str(written.id)),
                user_id=user_number(session.data),
                created_at=now,
                last_seen_at=now,
                expires_at=limits.expiry(now, now, self.section, remember=remember),
                remember=remember,
                address=(request.remote_addr or "")[:45],
                agent=request.user_agent.string[:255],
                data=contents.dump(session.data),
            )
        )
        return written

    def _update(self, connection: sa.Connection, session: TableSession) -> Written | None:
        """The row as this request made it, under a new id if it took one; None if the row is gone.

        If another request wrote meanwhile, only the keys this one changed are taken.
        """
        before, this = session.stored.data, this_row(session)
        done = self._replace(connection, session, sa.and_(this, TABLE.c.data == before), session.data)
        if done is not None:
            return done
        held = connection.execute(TABLE.update().where(this).values(last_seen_at=clock.now()))  # now it is ours
        if held.rowcount == 0:
            return None
        stored = str(connection.scalar(sa.select(TABLE.c.data).where(this)))
        merged = contents.merge(stored, before=before, after=session.data)
        return self._replace(connection, session, this, merged)

    def _replace(
        self, connection: sa.Connection, session: TableSession, this: sa.ColumnElement[bool], data: dict[str, Any]
    ) -> Written | None:
        """One UPDATE of the row that matches; None if none does."""
        now, created_at, remember = clock.now(), session.stored.session_created_at, is_remembered(data)
        new_id = session.cookie if session.id == session.cookie else ids.row_id(session.id)
        values = {
            "digest": ids.digest(str(new_id)),
            "last_seen_at": now,
            "expires_at": limits.expiry(created_at, now, self.section, remember=remember),
            "remember": remember,
            "data": contents.dump(data),
        }
        if connection.execute(TABLE.update().where(this).values(values)).rowcount == 0:
            return None
        return self._written(str(new_id), data, created_at=created_at, now=now)

    def touch(self, session: TableSession) -> Written | None:
        """Note that the session was used just now; None if it was ended meanwhile."""
        row = session.row
        assert row is not None  # noqa: S101 - the caller asked
        now = clock.now()
        ends = limits.expiry(row.session_created_at, now, self.section, remember=bool(row.remember))
        let_go_of_the_views_transaction()
        with db.engine.begin() as connection:
            seen = connection.execute(TABLE.update().where(this_row(session)).values(last_seen_at=now, expires_at=ends))
        if seen.rowcount == 0:
            return None
        return self._written(str(session.cookie), session.data, created_at=row.session_created_at, now=now)

    def _written(self, session_id: str, data: dict[str, Any], *, created_at: datetime, now: datetime) -> Written:
        remember = is_remembered(data)
        ends = limits.expiry(created_at, now, self.section, remember=remember)
        return Written(id=session_id, expires_at=ends if remember else None)


def is_remembered(data: dict[str, Any]) -> bool:
    """Whether it outlives the browser: Flask's `session.permanent`, or Flask-Login's `login_user(remember=True)`."""
    return bool(data.get("_permanent")) or data.get("_remember") == "set"


def user_number(data: dict[str, Any]) -> int | None:
    """The signed-in user's id, if it is a number (a project's own accounts may use another kind)."""
    value = str(data.get(USER, ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def this_row(session: TableSession) -> sa.ColumnElement[bool]:
    """The row as it was when read: id and digest, so one that was renewed or ended meanwhile does not match."""
    return sa.and_(TABLE.c.id == session.stored.session_id, TABLE.c.digest == ids.digest(str(session.cookie)))


def delete_row(connection: sa.Connection, session: TableSession) -> None:
    connection.execute(TABLE.delete().where(this_row(session)))


def let_go_of_the_views_transaction() -> None:
    """End what the view left open, which its teardown would throw away anyway.

    Until then it may hold SQLite's only write lock, and our write would wait for it in vain.
    """
    if db.session.registry.has() and db.session().in_transaction():
        db.session.rollback()
