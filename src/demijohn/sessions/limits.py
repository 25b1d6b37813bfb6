"""Rules for how long a session lives: pure functions over plain values.

Imports neither Flask nor the database, so every rule can be tested with numbers.
"""

from datetime import datetime, timedelta

from demijohn.sessions.settings import SessionsSettings

SEEN_EVERY = timedelta(minutes=1)
"""Last seen is written at most this often."""

GRACE = timedelta(minutes=1)
"""How long an id that was replaced still works, for requests that were on their way."""


def idle_limit(section: SessionsSettings, *, remember: bool) -> timedelta:
    return timedelta(seconds=section.remember_seconds if remember else section.idle_seconds)


def absolute_limit(section: SessionsSettings, *, remember: bool) -> timedelta:
    """How long after sign-in it ends, used or not; keeping it on the device never shortens it."""
    longest = max(section.absolute_seconds, section.remember_seconds) if remember else section.absolute_seconds
    return timedelta(seconds=longest)


def expiry(created_at: datetime, last_seen_at: datetime, section: SessionsSettings, *, remember: bool) -> datetime:
    """When a session ends unless it is used again (aware, UTC)."""
    return min(
        created_at + absolute_limit(section, remember=remember),
        last_seen_at + idle_limit(section, remember=remember),
    )


def longest(section: SessionsSettings) -> timedelta:
    """How long any session can live."""
    return absolute_limit(section, remember=True)


def needs_renewal(
    renewed_at: datetime, now: datetime, section: SessionsSettings, *, retired_at: datetime | None
) -> bool:
    """Whether the id is old enough for a newer one.

    Args:
        retired_at: when the id at hand was replaced, None if it is current. One that is still good after the grace is
            one whose successor never reached the browser: it gets another.
    """
    if retired_at is not None:
        return now - retired_at >= GRACE
    return now - renewed_at >= timedelta(seconds=section.renew_seconds)


def is_replayed(retired_at: datetime | None, now: datetime, *, renewed_at: datetime, last_seen_at: datetime) -> bool:
    """Whether an id is shown that was replaced, and whose owner has used the newer one: then this is a copy.

    Requests on their way when it was replaced have a short grace. Where the answer with the newer id was lost, nobody
    ever used that one, and the older one is still its owner's.

    Args:
        renewed_at: when the current id was issued.
        last_seen_at: when the current id was last used; not after `renewed_at` if never.
    """
    if retired_at is None or now - retired_at < GRACE:
        return False
    is_successor_unused = last_seen_at <= renewed_at
    return not (is_successor_unused and retired_at >= renewed_at)


def is_seen_anew(last_seen_at: datetime, now: datetime) -> bool:
    """Whether last seen is old enough to be written again."""
    return now - last_seen_at >= SEEN_EVERY


def is_too_idle_for_admin(last_seen_at: datetime, now: datetime, section: SessionsSettings) -> bool:
    return now - last_seen_at >= timedelta(seconds=section.admin_idle_seconds)
