"""SetupError: the one exception for faults in how an application is put together."""

from flask.cli import NoAppException


class SetupError(NoAppException):
    """What is wrong with the set-up, and what to type to mend it.

    Derived from Flask's own "no app" error, the only kind that `flask` shows without a traceback (status 2).
    Under a server or pytest it is an ordinary exception with the same text.
    """

    def __init__(self, problem: str, fix: str) -> None:
        self.problem = problem
        self.fix = fix
        super().__init__(f"{problem}\nFix: {fix}" if fix else problem)
