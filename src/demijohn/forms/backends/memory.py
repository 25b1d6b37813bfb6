"""Sendings in this process's memory, where there is no database."""

import threading

from demijohn.forms.backends.base import Answer


class MemorySubmissions:
    """Digest -> until when it is known, and how it was answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[int, Answer | None]] = {}

    def claim(self, digest: str, now_s: int, running_s: int) -> bool:
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if one[0] > now_s}
            if digest in self._known:
                return False
            self._known[digest] = now_s + running_s, None
            return True

    def answer_to(self, digest: str) -> Answer | None:
        with self._lock:
            return self._known.get(digest, (0, None))[1]

    def note(self, digest: str, answer: Answer, until_s: int) -> None:
        with self._lock:
            self._known[digest] = until_s, answer

    def forget(self, digest: str) -> None:
        with self._lock:
            self._known.pop(digest, None)
