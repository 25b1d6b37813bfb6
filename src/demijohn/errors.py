"""SetupError: the one exception for faults in how an application is put together."""

from collections.abc import Sequence

from flask.cli import NoAppException


class SetupError(NoAppException):
    """What is wrong with the set-up, and what to type to mend it.

    Derived from Flask's own "no app" error, the only kind that `flask` shows without a traceback (status 2).
    Under a server or pytest it is an ordinary exception with the same text.
    """

    def __init__(self, problem: str, fix: str, *, screen: str | None = None) -> None:
        self.problem = problem
        self.fix = fix
        super().__init__(screen or (f"{problem}\nFix: {fix}" if fix else problem))

    @classmethod
    def together(cls, found: Sequence[tuple[str, str]]) -> "SetupError":
        """One error for several faults, each with its fix on a line of its own."""
        lines = [f"{problem} Fix: {fix}" for problem, fix in found]
        many = f"{len(lines)} things are wrong:\n  "
        return cls(
            "\n".join(problem for problem, _ in found),
            "\n".join(fix for _, fix in found),
            screen=lines[0] if len(lines) == 1 else many + "\n  ".join(lines),
        )


class FinalError(RuntimeError):
    """A change of rows that no door allows; the text is for whoever tried."""
