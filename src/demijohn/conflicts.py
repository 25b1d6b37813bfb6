"""Refuses what two batteries both claim; the application's own claims come later and win."""

from typing import Any

import click
from flask import Blueprint, Flask

from demijohn.battery import Battery
from demijohn.errors import SetupError
from demijohn.state import state_of


def refuse_taken_blueprint(app: Flask, battery: Battery[Any], blueprint: Blueprint) -> None:
    """Raise if another battery registered a blueprint (and so its endpoints) of this name."""
    if blueprint.name in app.blueprints:
        other = owner(app, battery, lambda b: any(own.name == blueprint.name for own in b.blueprints))
        raise SetupError(
            f"batteries {other!r} and {battery.name!r} both register the blueprint {blueprint.name!r}.",
            fix=f"give one another name, as in Blueprint('{battery.name}_{blueprint.name}', ...).",
        )


def refuse_taken_command(app: Flask, battery: Battery[Any], command: click.Command) -> None:
    """Raise if another battery added a command of this name."""
    if command.name in app.cli.commands:
        other = owner(app, battery, lambda b: any(own.name == command.name for own in b.commands))
        raise SetupError(
            f"batteries {other!r} and {battery.name!r} both add the command {command.name!r}.",
            fix=f"give one another name, as in click.Group('{battery.name}-{command.name}').",
        )


def owner(app: Flask, battery: Battery[Any], claims: Any) -> str:
    others = (b.name for b in state_of(app).batteries if b.name != battery.name and claims(b))
    return next(others, "the application")
