"""What a throttle backend does, and the arithmetic all of them share; imports neither Flask nor the database."""

from dataclasses import dataclass
from typing import Protocol

MICROSECONDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Pace:
    """A limit in microseconds: every one taken keeps the key busy for `each_us`, up to `window_us` ahead."""

    each_us: int
    window_us: int

    def wait_us(self, busy_until_us: int, now_us: int) -> int:
        """How long until one more fits; zero or less if it fits now."""
        return max(busy_until_us, now_us) + self.each_us - self.window_us - now_us


class Away(Exception):  # noqa: N818 - reads as a sentence
    """A shared store did not answer; its text says why, for the log."""


class Throttles(Protocol):
    """A store of one number per key: until when the key is busy (microseconds since 1970).

    A shared one raises Away when it does not answer.
    """

    def take(self, key: str, pace: Pace, now_us: int) -> int:
        """Count one if it fits, atomically; the wait in microseconds otherwise, 0 if it was counted."""
        ...

    def busy_until(self, key: str) -> int: ...

    def give_back(self, key: str, pace: Pace) -> None: ...

    def clear(self, key: str) -> None: ...
