"""What a store of sendings does; imports neither Flask nor the database."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How the first sending was answered: its status, and where it led if that was a redirect."""

    status: int
    location: str | None


class Submissions(Protocol):
    """Sendings by digest. Times are whole seconds since 1970."""

    def claim(self, digest: str, now_s: int, running_s: int) -> bool:
        """Claim a sending, atomically; false if another request holds it or was answered already."""
        ...

    def answer_to(self, digest: str) -> Answer | None: ...

    def note(self, digest: str, answer: Answer, until_s: int) -> None: ...

    def forget(self, digest: str) -> None: ...
