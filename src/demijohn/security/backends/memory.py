"""Throttles in this process's memory: without a database, and while it is away. Each process counts for itself."""

import threading

from demijohn.security.backends.base import Pace

MOST_KEYS = 100_000
"""Keys held at most; then those that are free soonest go (about 15 MB)."""


class MemoryThrottles:
    """One number per key under a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy_until: dict[str, int] = {}

    def take(self, key: str, pace: Pace, now_us: int) -> int:
        with self._lock:
            busy_until = self._busy_until.get(key, 0)
            wait = pace.wait_us(busy_until, now_us)
            if wait > 0:
                return wait
            if len(self._busy_until) >= MOST_KEYS:
                self._make_room(now_us)
            self._busy_until[key] = max(busy_until, now_us) + pace.each_us
            return 0

    def busy_until(self, key: str) -> int:
        with self._lock:
            return self._busy_until.get(key, 0)

    def give_back(self, key: str, pace: Pace) -> None:
        with self._lock:
            if key in self._busy_until:
                self._busy_until[key] -= pace.each_us

    def clear(self, key: str) -> None:
        with self._lock:
            self._busy_until.pop(key, None)

    def _make_room(self, now_us: int) -> None:
        if self._forget_free(now_us) == 0:
            soonest = sorted(self._busy_until, key=self._busy_until.__getitem__)[: MOST_KEYS // 10]
            for key in soonest:
                del self._busy_until[key]

    def _forget_free(self, now_us: int) -> int:
        free = [key for key, busy_until in self._busy_until.items() if busy_until <= now_us]
        for key in free:
            del self._busy_until[key]
        return len(free)
