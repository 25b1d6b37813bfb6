"""Throttles: how often something may happen, counted across every thread and process.

Ask before you write: on SQLite a count taken while this request holds the write lock waits for itself, and is then
counted in this process only.
"""

import hashlib
import hmac
import math
from dataclasses import dataclass

from flask import Flask, current_app
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import TooManyRequests

from demijohn import clock
from demijohn.security.backends.base import MICROSECONDS, Pace
from demijohn.security.backends.spare import ThrottlesWithSpare
from demijohn.security.secrets import derive_key
from demijohn.security.start import extension_of


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether it may happen now.

    Attributes:
        retry_after_seconds: how long to wait until one more may happen; 0 if allowed.
    """

    allowed: bool
    retry_after_seconds: int = 0


@dataclass(frozen=True)
class Limit:
    """At most `times` at once, and `times` in `per_seconds` in the long run.

    Whoever has used it up may do one more every `per_seconds / times` seconds. So a window of `per_seconds` that begins
    with nothing used sees at most 2 x times - 1.

    Attributes:
        name: what is limited (`sign_in.address`); two limits of one name share their counts.

    Source:
        The generic cell rate algorithm of ITU-T I.371, as used for requests: one number per key instead of a list of
        moments, and an exact time to wait.
    """

    name: str
    times: int
    per_seconds: int

    def __post_init__(self) -> None:
        if self.times < 1 or self.per_seconds < 1:
            raise ValueError(f"{self!r}: times and per_seconds are positive.")

    @property
    def pace(self) -> Pace:
        each = max(1, self.per_seconds * MICROSECONDS // self.times)
        return Pace(each_us=each, window_us=each * self.times)


def hit(limit: Limit, key: str, app: Flask | None = None) -> Verdict:
    """Count one and say whether it may happen; what is refused is not counted."""
    app = real(app)
    wait_us = extension_of(app).throttles.take(digest(app, limit, key), limit.pace, now_us())
    return verdict(wait_us)


def peek(limit: Limit, key: str, app: Flask | None = None) -> Verdict:
    """Whether one more may happen, without counting it."""
    app = real(app)
    busy_until_us = extension_of(app).throttles.busy_until(digest(app, limit, key))
    return verdict(limit.pace.wait_us(busy_until_us, now_us()))


def give_back(limit: Limit, key: str, app: Flask | None = None) -> None:
    """Uncount one: what was counted turned out harmless (a sign-in that succeeded)."""
    app = real(app)
    extension_of(app).throttles.give_back(digest(app, limit, key), limit.pace)


def clear(limit: Limit, key: str, app: Flask | None = None) -> None:
    """Forget what was counted for this key."""
    app = real(app)
    extension_of(app).throttles.clear(digest(app, limit, key))


def unreached(app: Flask | None = None) -> str | None:
    """Why this process does not see, and cannot clear, what others counted; None if it does."""
    throttles = extension_of(real(app)).throttles
    if isinstance(throttles, ThrottlesWithSpare):
        return throttles.away or None
    return "security.throttle_backend is 'memory'"


def throttled_response(verdict: Verdict) -> ResponseReturnValue:
    """The answer to someone who must wait: 429 with Retry-After, as a page or as problem+json."""
    wait = max(1, verdict.retry_after_seconds)
    error = TooManyRequests(f"Too many attempts. Wait {in_words(wait)} and try again.", retry_after=wait)
    return current_app.handle_user_exception(error)


def in_words(seconds: int) -> str:
    """A wait as people say it, rounded up: `40 seconds`, `3 minutes`, `2 hours`."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds > size:
            return f"{math.ceil(seconds / size)} {unit}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def digest(app: Flask, limit: Limit, key: str) -> str:
    """The stored form of a key: addresses and e-mail addresses are not to be read from the table."""
    message = f"{limit.name}\0{key}".encode(errors="replace")
    return hmac.new(derive_key(app, "throttle"), message, hashlib.sha256).hexdigest()


def verdict(wait_us: int) -> Verdict:
    return Verdict(allowed=wait_us <= 0, retry_after_seconds=math.ceil(max(0, wait_us) / MICROSECONDS))


def now_us() -> int:
    return int(clock.now().timestamp() * MICROSECONDS)


def real(app: Flask | None) -> Flask:
    found: Flask = app if app is not None else current_app._get_current_object()  # type: ignore[attr-defined]
    return found
