"""Rules for how long a session lives: pure functions over plain values.

Imports neither Flask nor the database, so every rule can be tested with numbers.
"""

from datetime import datetime, timedelta

from demijohn.sessions.settings import SessionsSettings

SEEN_EVERY = timedelta(minutes=1)
"""Last seen is written at most this often."""


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


def is_seen_anew(last_seen_at: datetime, now: datetime) -> bool:
    """Whether last seen is old enough to be written again."""
    return now - last_seen_at >= SEEN_EVERY


def is_too_idle_for_admin(last_seen_at: datetime, now: datetime, section: SessionsSettings) -> bool:
    return now - last_seen_at >= timedelta(seconds=section.admin_idle_seconds)
