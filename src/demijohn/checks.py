"""Runs the checks of settings and batteries and sorts what they find."""

import traceback
from collections.abc import Collection, Iterable
from pathlib import Path

from flask import Flask

from demijohn.contributions import Check, Level, Problem
from demijohn.errors import SetupError
from demijohn.state import state_of

RANK: dict[Level, int] = {"info": 0, "warning": 1, "error": 2}


def run_checks(app: Flask, *, deploy: bool = False, commands: Collection[str] | None = None) -> list[Problem]:
    """Every problem found, worst first, without the warnings that `checks_silenced` names.

    Args:
        app: a ready application.
        deploy: ask what a production start asks as well.
        commands: the names of all commands, once they are known; None leaves variables that may be theirs alone.
    """
    state = state_of(app)
    found: list[Problem] = list(state.settings.problems(deploy=deploy, commands=commands))
    with app.app_context():
        for battery, check in state.contributed("checks"):
            if deploy or not check.deploy:
                found += answers(app, battery.name, check)
    silenced = set(state.settings.checks_silenced)
    heard = (problem for problem in found if problem.level == "error" or problem.id not in silenced)
    return sorted(heard, key=lambda problem: (-RANK[problem.level], problem.id))


def answers(app: Flask, battery: str, check: Check) -> Iterable[Problem]:
    """What a check finds; one that fails is itself a problem and hides no other."""
    try:
        return list(check.run(app))
    except Exception as error:  # noqa: BLE001 - whatever a check does, the others are asked
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return [
            Problem(
                id="checks.E001",
                level="error",
                text=f"the check {check.name!r} of {battery!r} failed with {type(error).__name__} ({place}).",
                fix=f"correct the check, or what it asks: {place}",
            )
        ]


def run_startup_checks(app: Flask) -> None:
    """Refuse to start on an error; log warnings."""
    problems = run_checks(app)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise SetupError.together([(f"{problem.id}: {problem.text}", problem.fix) for problem in errors])
    for problem in problems:
        if problem.level == "warning":
            app.logger.warning("%s: %s Fix: %s", problem.id, problem.text, problem.fix)
