"""Runs the checks that batteries contribute and sorts what they find."""

from flask import Flask

from demijohn.contributions import Level, Problem
from demijohn.errors import SetupError
from demijohn.state import state_of

RANK: dict[Level, int] = {"info": 0, "warning": 1, "error": 2}


def run_checks(app: Flask, *, deploy: bool = False, silenced: tuple[str, ...] = ()) -> list[Problem]:
    """Every problem found, worst first; `deploy` asks the questions of a production start as well."""
    found: list[Problem] = []
    with app.app_context():
        for _, check in state_of(app).contributed("checks"):
            if deploy or not check.deploy:
                found += [problem for problem in check.run(app) if problem.id not in silenced]
    return sorted(found, key=lambda problem: (-RANK[problem.level], problem.id))


def run_startup_checks(app: Flask) -> None:
    """Refuse to start on an error; log warnings."""
    for problem in run_checks(app):
        if problem.level == "error":
            raise SetupError(f"{problem.id}: {problem.text}", fix=problem.fix)
        if problem.level == "warning":
            app.logger.warning("%s: %s Fix: %s", problem.id, problem.text, problem.fix)
