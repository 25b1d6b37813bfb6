"""Sessions in a table.

Writes run in their own short transaction on the engine, never in `db.session`: a view's work and its session are two
things, and a view that failed has one too. Ending a user's sessions is different: that is part of a view's work.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from demijohn.database.base import db
from demijohn.sessions.backends.base import Change, Held, Listed, NewSession, Renewal
from demijohn.sessions.limits import GRACE
from demijohn.sessions.lookup import OneRow
from demijohn.sessions.models import RETIRED, TABLE, UserSession
from demijohn.sessions.principal import Joined, Principal

OWN_COLUMNS = (
    TABLE.c.id,
    TABLE.c.digest,
    TABLE.c.user_id,
    TABLE.c.created_at,
    TABLE.c.last_seen_at,
    TABLE.c.expires_at,
    TABLE.c.renewed_at,
    TABLE.c.remember,
    TABLE.c.data,
)
VALUE = sa.bindparam("value", type_=sa.String())


class TableSessions:
    """One row per session, and one per id that was replaced."""

    def __init__(self) -> None:
        self.joined = Joined()
        self.by_digest = OneRow(lambda: self.statement(sa.null()).where(TABLE.c.digest == VALUE))
        self.by_retired = OneRow(lambda: self.statement(RETIRED.c.retired_at).where(RETIRED.c.digest == VALUE))

    def join(self, joined: Joined) -> None:
        self.joined = joined
        self.by_digest.compiled.clear()
        self.by_retired.compiled.clear()

    def find(self, digest: str) -> Principal | None:
        """One statement; a second one for an id that is not current."""
        values = self.by_digest.find(digest) or self.by_retired.find(digest)
        if values is None:
            return None
        retired_at, *own = values[: len(OWN_COLUMNS) + 1]
        number, current, user_id, created_at, last_seen_at, expires_at, renewed_at, remember, data = own
        return Principal(
            session_id=number,
            digest=current,
            user_id=user_id,
            session_created_at=created_at,
            session_last_seen_at=last_seen_at,
            session_expires_at=expires_at,
            session_renewed_at=renewed_at or created_at,
            retired_at=retired_at,
            remember=bool(remember),
            data=data,
            user=self.joined.user(values[len(OWN_COLUMNS) + 1 :]),
            keys=self.joined.keys,
        )

    def statement(self, retired_at: Any) -> sa.Select[Any]:
        is_retired = isinstance(retired_at, sa.Column)
        found = sa.select(retired_at.label("retired_at"), *OWN_COLUMNS, *self.joined.columns)
        source: Any = RETIRED.join(TABLE, TABLE.c.id == RETIRED.c.session_id) if is_retired else TABLE
        if self.joined.table is None:
            return found.select_from(source)
        return found.select_from(source.outerjoin(self.joined.table, self.joined.table.c.id == TABLE.c.user_id))

    def begin(self, new: NewSession, *, instead_of: Principal | None) -> bool:
        values = {
            "digest": new.digest,
            "user_id": new.user_id,
            "created_at": new.now,
            "last_seen_at": new.now,
            "renewed_at": new.now,
            "expires_at": new.expires_at,
            "remember": new.remember,
            "address": new.address,
            "agent": new.agent,
            "data": new.data,
        }
        with db.engine.begin() as connection:
            was_there = instead_of is not None and delete(connection, instead_of)
            connection.execute(TABLE.insert().values(values))
        return was_there

    def change(self, row: Principal, change: Change) -> Held | None:
        this = this_row(row)
        values = {
            "last_seen_at": change.now,
            "expires_at": change.expires_at,
            "remember": change.remember,
            "data": change.data,
        }
        if change.digest is not None:
            values["digest"] = change.digest
        with db.engine.begin() as connection:
            made = connection.execute(TABLE.update().where(this, TABLE.c.data == change.expected).values(values))
            if made.rowcount == 1 and change.digest is not None:
                forget_lately_retired(connection, row, change.now)
                return Held(is_done=True, is_current=True)
            held = connection.execute(sa.select(TABLE.c.digest, TABLE.c.data).where(this)).one_or_none()
        if held is None:
            return None
        return Held(is_done=made.rowcount == 1, is_current=held.digest == row.digest, data=held.data)

    def renew(self, row: Principal, renewal: Renewal) -> bool:
        current = sa.and_(TABLE.c.id == row.session_id, TABLE.c.digest == renewal.retired[0])
        values = {
            "digest": renewal.digest,
            "renewed_at": renewal.now,
            "last_seen_at": renewal.now,
            "expires_at": renewal.expires_at,
        }
        with db.engine.begin() as connection:
            if connection.execute(TABLE.update().where(current).values(values)).rowcount == 0:
                return False
            connection.execute(RETIRED.delete().where(RETIRED.c.digest.in_(renewal.retired)))
            connection.execute(
                RETIRED.insert(),
                [
                    {"digest": digest, "session_id": row.session_id, "retired_at": renewal.now}
                    for digest in renewal.retired
                ],
            )
        return True

    def touch(self, row: Principal, *, now: datetime, expires_at: datetime) -> bool:
        current = sa.and_(TABLE.c.id == row.session_id, TABLE.c.digest == row.digest)
        with db.engine.begin() as connection:
            seen = connection.execute(TABLE.update().where(current).values(last_seen_at=now, expires_at=expires_at))
        return seen.rowcount == 1

    def end(self, row: Principal) -> bool:
        with db.engine.begin() as connection:
            return delete(connection, row)

    def of_user(self, user_id: int, now: datetime) -> Sequence[Listed]:
        found = sa.select(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at > now)
        return [
            Listed(
                id=row.id,
                created_at=row.created_at,
                last_seen_at=row.last_seen_at,
                address=row.address,
                agent=row.agent,
            )
            for row in db.session.scalars(found)
        ]

    def end_of_user(self, user_id: int, *, session_id: int | None = None, but: int | None = None) -> int:
        ended = sa.delete(UserSession).where(UserSession.user_id == user_id)
        if session_id is not None:
            ended = ended.where(UserSession.id == session_id)
        if but is not None:
            ended = ended.where(UserSession.id != but)
        result = db.session.execute(ended, execution_options={"synchronize_session": False})
        return int(getattr(result, "rowcount", 0))

    def probe(self) -> str | None:
        """Nothing: the database has a probe of its own."""
        return None


def this_row(row: Principal) -> sa.ColumnElement[bool]:
    """The session under the id it had when read, or under one that merely renewed that."""
    was_renewed = sa.exists().where(RETIRED.c.digest == row.digest, RETIRED.c.session_id == row.session_id)
    return sa.and_(TABLE.c.id == row.session_id, sa.or_(TABLE.c.digest == row.digest, was_renewed))


def delete(connection: sa.Connection, row: Principal) -> bool:
    """End it, whoever renews its id at the same moment: PostgreSQL then finds neither id, and is asked again."""
    while connection.execute(TABLE.delete().where(this_row(row))).rowcount == 0:
        if connection.scalar(sa.select(TABLE.c.id).where(this_row(row))) is None:
            return False
    return True


def forget_lately_retired(connection: sa.Connection, row: Principal, now: datetime) -> None:
    """After a rise in privilege an id from before opens nothing, not even for the short while after a renewal."""
    lately = RETIRED.c.retired_at > now - GRACE - timedelta(seconds=1)
    connection.execute(RETIRED.delete().where(RETIRED.c.session_id == row.session_id, lately))
