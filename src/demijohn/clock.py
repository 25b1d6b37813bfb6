"""The time of day, in one place, so that tests own the clock."""

from datetime import UTC, datetime, timedelta

shift = timedelta()
"""Only the testing plugin moves this."""


def now() -> datetime:
    """This moment (aware, UTC)."""
    return datetime.now(UTC) + shift
