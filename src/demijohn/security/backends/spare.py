"""Throttles in a shared store, and in this process's memory while that does not answer.

A throttle must neither open nor break the door. Failing open would let attackers switch limits off by filling the
store; failing closed would lock everybody out.
"""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from demijohn.security.backends.base import Away, Pace, Throttles
from demijohn.security.backends.memory import MemoryThrottles

T = TypeVar("T")
log = logging.getLogger(__name__)


class ThrottlesWithSpare:
    """Counts in `shared`; in memory while it is away, which is said once in the log.

    Attributes:
        away: why memory counts; empty while the shared store does.
    """

    def __init__(self, shared: Throttles) -> None:
        self.shared = shared
        self.away = ""
        self._spare = MemoryThrottles()
        self._lock = threading.Lock()

    def take(self, key: str, pace: Pace, now_us: int) -> int:
        return self._ask(lambda throttles: throttles.take(key, pace, now_us))

    def busy_until(self, key: str) -> int:
        return self._ask(lambda throttles: throttles.busy_until(key))

    def give_back(self, key: str, pace: Pace) -> None:
        self._ask(lambda throttles: throttles.give_back(key, pace))

    def clear(self, key: str) -> None:
        self._spare.clear(key)
        self._ask(lambda throttles: throttles.clear(key))

    def probe(self) -> str | None:
        """None if the shared store counts, else one line that says why not; asks it."""
        self._ask(lambda throttles: throttles.busy_until("probe"))
        return f"counted in each process only: {self.away}" if self.away else None

    def _ask(self, question: Callable[[Throttles], T]) -> T:
        try:
            answer = question(self.shared)
        except Away as away:
            self._note(str(away))
            return question(self._spare)
        if self.away:
            self._note("")
        return answer

    def _note(self, away: str) -> None:
        with self._lock:
            was, self.away = self.away, away
        if away and not was:
            log.warning("throttles are counted in this process only: %s", away)
        elif was and not away:
            log.warning("throttles are counted for all processes again")
