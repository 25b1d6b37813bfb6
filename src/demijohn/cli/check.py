"""`flask check`: what is wrong with the application and its settings."""

import json
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path

import click
from flask import Flask
from flask.cli import NoAppException

from demijohn.checks import RANK, run_checks
from demijohn.cli.loading import folder_beside, leave, load_application
from demijohn.configuration.unknown import COMMANDS
from demijohn.contributions import Level, Problem
from demijohn.errors import SetupError
from demijohn.settings import Settings


def run(ctx: click.Context, *, deploy: bool, fail_level: Level, as_json: bool) -> None:
    """Exit 0 if nothing of `fail_level` was found, 1 if something was, 2 if the application cannot be loaded."""
    try:
        app = load_application(ctx)
    except NoAppException as error:
        without_application(ctx, error, as_json=as_json)
        return
    problems = run_checks(app, deploy=deploy, commands=commands_of(ctx, app))
    if as_json:
        click.echo(json.dumps({"problems": [asdict(problem) for problem in problems]}, indent=2))
    else:
        show(problems)
    ctx.exit(int(any(RANK[problem.level] >= RANK[fail_level] for problem in problems)))


def show(problems: list[Problem]) -> None:
    for problem in problems:
        click.echo(f"{problem.level:8} {problem.id}: {problem.text}")
        click.echo(f"{'':8} Fix: {problem.fix}")
    counts = [f"{count} {level}{'s' if count != 1 else ''}" for level, count in counted(problems)]
    click.echo(", ".join(counts) if counts else "No problems.")


def counted(problems: list[Problem]) -> list[tuple[Level, int]]:
    levels: list[Level] = ["error", "warning", "info"]
    found = [(level, sum(problem.level == level for problem in problems)) for level in levels]
    return [(level, count) for level, count in found if count]


def commands_of(ctx: click.Context, app: Flask) -> list[str]:
    """The name of every command: an application's, an installed package's, Flask's and ours."""
    group = ctx.parent.command if ctx.parent else None
    here = group.list_commands(ctx) if isinstance(group, click.Group) else []
    return [*COMMANDS, *app.cli.commands, *here, *(entry.name for entry in entry_points(group="flask.commands"))]


def without_application(ctx: click.Context, error: NoAppException, *, as_json: bool) -> None:
    """What can be said of the settings alone, then why there is no application."""
    about_settings = None if isinstance(error, SetupError) and not is_about_loading(error) else settings_fault(ctx)
    found = [one for one in (about_settings, error) if one is not None]
    if as_json:
        texts = [one.format_message() for one in found]
        click.echo(json.dumps({"problems": [], "errors": texts}, indent=2))
        ctx.exit(2)
    if about_settings is not None:
        click.echo(about_settings.format_message())
    leave(ctx, error)


def is_about_loading(error: SetupError) -> bool:
    return "cannot be imported" in error.problem or "cannot be loaded" in error.problem


def settings_fault(ctx: click.Context) -> SetupError | None:
    """What is wrong with the settings an application in this place would get."""
    try:
        Settings(_folder=folder_beside(ctx) or Path.cwd(), _starting=True)
    except SetupError as error:
        return error
    return None
