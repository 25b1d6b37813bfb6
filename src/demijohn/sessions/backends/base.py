"""What a place for sessions can do; what a session is and when it ends is decided above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from demijohn.sessions.principal import Joined, Principal


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """A session that begins now; moments are aware, UTC."""

    digest: str
    user_id: int | None
    now: datetime
    expires_at: datetime
    remember: bool
    address: str
    agent: str
    data: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """What a request made of a session.

    Attributes:
        digest: of the new id, if it takes one because of a rise in privilege; ids that were replaced lately open
            nothing from then on.
        expected: the data as this request knows it; another request's is not overwritten.
    """

    now: datetime
    expires_at: datetime
    remember: bool
    data: str
    expected: str
    digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Held:
    """What became of a change.

    Attributes:
        is_done: it was made; else `data` is what another request wrote meanwhile.
        is_current: the id that was current when this request read the session still is.
    """

    is_done: bool
    is_current: bool
    data: str = ""


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """A newer id for the same session; `retired` are the digests it replaces, of which the first is current."""

    digest: str
    retired: tuple[str, ...]
    now: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One session of a user, as the owner's list shows it."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    address: str
    agent: str


class Backend(Protocol):
    """Keeps sessions by the digests of their ids.

    `row` is always what `find` gave: what was ended or took a new id for a rise in privilege since then does not match,
    what was merely renewed does.

    Raises:
        sqlalchemy.exc.DBAPIError, demijohn.redis.server.RedisAway: the place does not answer.
    """

    def join(self, joined: Joined) -> None:
        """Read these columns of the user with every session from now on."""
        ...

    def find(self, digest: str) -> Principal | None:
        """The session whose id, current or replaced, has this digest."""
        ...

    def begin(self, new: NewSession, *, instead_of: Principal | None) -> bool:
        """Keep a new session; whether the old one was still there to be ended."""
        ...

    def change(self, row: Principal, change: Change) -> Held | None:
        """Make a change if nobody wrote meanwhile; None if the session has ended."""
        ...

    def renew(self, row: Principal, renewal: Renewal) -> bool:
        """Replace the current id; of several at once, one does."""
        ...

    def touch(self, row: Principal, *, now: datetime, expires_at: datetime) -> bool:
        """Note that the current id was used just now; False if it is current no longer."""
        ...

    def end(self, row: Principal) -> bool:
        """End it at once; whether it was still there."""
        ...

    def of_user(self, user_id: int, now: datetime) -> Sequence[Listed]:
        """The user's sessions that have not ended, in no order."""
        ...

    def end_of_user(self, user_id: int, *, session_id: int | None = None, but: int | None = None) -> int:
        """End all sessions of the user, one of them, or all but one, once `db.session` is committed; how many."""
        ...

    def probe(self) -> str | None:
        """None if it answers, else one line."""
        ...
