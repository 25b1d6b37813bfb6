"""Sessions in Redis: found, changed and ended by scripts that run whole; gone by themselves when they have ended.

The state of the user is not there: it is read from the database, by one statement, at every request that asks.
"""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from demijohn import clock
from demijohn.database.base import db
from demijohn.redis.server import RedisAway, RedisServer
from demijohn.sessions.backends import redis_scripts as scripts
from demijohn.sessions.backends.base import Change, Held, Listed, NewSession, Renewal
from demijohn.sessions.limits import GRACE
from demijohn.sessions.lookup import OneRow
from demijohn.sessions.principal import Joined, Principal

ENDED = "demijohn_sessions_to_end"
"""Where `db.session` keeps what ends when it is committed (a key of its `info`)."""

log = logging.getLogger(__name__)


class RedisSessions:
    """One hash per session.

    Args:
        longest: how long any session can live; keys that lead to one live as long.
    """

    def __init__(self, server: RedisServer, *, longest: timedelta) -> None:
        self.server = server
        self.longest_ms = int(longest / timedelta(milliseconds=1))
        self.joined = Joined()
        self.by_user_id = OneRow(self.user_statement)
        names = ("FIND", "BEGIN", "CHANGE", "RENEW", "TOUCH", "END", "END_THESE", "OF_USER")
        self.scripts = {name: server.script(getattr(scripts, name)) for name in names}

    def join(self, joined: Joined) -> None:
        self.joined = joined
        self.by_user_id.compiled.clear()

    def user_statement(self) -> sa.Select[Any]:
        table = self.joined.table
        assert table is not None  # noqa: S101 - asked only then
        return sa.select(*self.joined.columns).where(table.c.id == sa.bindparam("value", type_=table.c.id.type))

    def find(self, digest: str) -> Principal | None:
        """One round trip, and one statement about the user where there are accounts."""
        found = self.run("FIND", digest)
        if not found:
            return None
        number, retired, held = found[0], found[1], pairs(found[2])
        user_id = int(held["user_id"]) if held["user_id"] else None
        user = self.by_user_id.find(user_id) if user_id is not None and self.joined.table is not None else None
        return Principal(
            session_id=int(number),
            digest=held["digest"],
            user_id=user_id,
            session_created_at=moment(held["created_at"]),
            session_last_seen_at=moment(held["last_seen_at"]),
            session_expires_at=moment(held["expires_at"]),
            session_renewed_at=moment(held["renewed_at"]),
            retired_at=moment(retired) if retired else None,
            remember=held["remember"] == "1",
            data=held["data"],
            user=self.joined.user(user),
            keys=self.joined.keys,
        )

    def begin(self, new: NewSession, *, instead_of: Principal | None) -> bool:
        number = secrets.randbits(53)  # exact also where a program reads it as a float
        user = "" if new.user_id is None else str(new.user_id)
        fields = {
            "digest": new.digest,
            "user_id": user,
            "created_at": number_of(new.now),
            "last_seen_at": number_of(new.now),
            "renewed_at": number_of(new.now),
            "expires_at": number_of(new.expires_at),
            "remember": int(new.remember),
            "address": new.address,
            "agent": new.agent,
            "data": new.data,
        }
        old = (instead_of.session_id, instead_of.digest) if instead_of else ("", "")
        lives = (lives_ms(new.now, new.expires_at), self.longest_ms)
        return bool(self.run("BEGIN", *old, number, new.digest, user, *lives, *flat(fields)))

    def change(self, row: Principal, change: Change) -> Held | None:
        fields = {
            "last_seen_at": number_of(change.now),
            "expires_at": number_of(change.expires_at),
            "remember": int(change.remember),
            "data": change.data,
        }
        lives = (lives_ms(change.now, change.expires_at), self.longest_ms, number_of(change.now - GRACE))
        this = (row.session_id, row.digest, change.expected, change.digest or "")
        held = self.run("CHANGE", *this, *lives, *flat(fields))
        return Held(is_done=held[0] == 1, is_current=held[1] == 1, data=held[2]) if held else None

    def renew(self, row: Principal, renewal: Renewal) -> bool:
        lives = (lives_ms(renewal.now, renewal.expires_at), self.longest_ms, number_of(renewal.expires_at))
        return bool(self.run("RENEW", row.session_id, renewal.digest, number_of(renewal.now), *lives, *renewal.retired))

    def touch(self, row: Principal, *, now: datetime, expires_at: datetime) -> bool:
        moments = (number_of(now), number_of(expires_at), lives_ms(now, expires_at))
        return bool(self.run("TOUCH", row.session_id, row.digest, *moments))

    def end(self, row: Principal) -> bool:
        return bool(self.run("END", row.session_id, row.digest))

    def of_user(self, user_id: int, now: datetime) -> Sequence[Listed]:
        found = ((int(number), pairs(held)) for number, held in self.run("OF_USER", user_id))
        return [
            Listed(
                id=number,
                created_at=moment(held["created_at"]),
                last_seen_at=moment(held["last_seen_at"]),
                address=held["address"],
                agent=held["agent"],
            )
            for number, held in found
            if moment(held["expires_at"]) > now
        ]

    def end_of_user(self, user_id: int, *, session_id: int | None = None, but: int | None = None) -> int:
        """As the table does; but while Redis is away, all of a user's sessions are left to the changed stamp."""
        try:
            ids = [listed.id for listed in self.of_user(user_id, clock.now())]
        except RedisAway:
            if session_id is not None:
                raise
            log.warning("Redis is away: the sessions of user %s stay listed until they end.", user_id)
            return 0
        chosen = [one for one in ids if one != but and session_id in {None, one}]
        if chosen:
            waiting = db.session().info.setdefault(ENDED, [])
            waiting.append(lambda: self.run("END_THESE", *chosen))
        return len(chosen)

    def probe(self) -> str | None:
        return self.server.ping()

    def run(self, name: str, *args: object) -> Any:
        return self.scripts[name](self.server.key(""), *args, keys=())


@event.listens_for(db.session, "after_commit")
def end_what_was_committed(session: Session) -> None:
    waiting: list[Callable[[], Any]] = session.info.pop(ENDED, [])
    for end in waiting:
        try:
            end()
        except RedisAway as away:
            log.error("sessions that were ended are still in Redis, which is away (%s)", away.reason)  # noqa: TRY400


@event.listens_for(db.session, "after_rollback")
def forget_what_was_not(session: Session) -> None:
    session.info.pop(ENDED, None)


def flat(fields: Mapping[str, object]) -> list[object]:
    return [part for pair in fields.items() for part in pair]


def pairs(held: Sequence[str]) -> dict[str, str]:
    return dict(zip(held[::2], held[1::2], strict=True))


def number_of(when: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment(number: str) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(number))


def lives_ms(now: datetime, expires_at: datetime) -> int:
    return max(1, (expires_at - now) // timedelta(milliseconds=1))
