"""The `demijohn` program: the `flask` program plus `new`."""

import importlib
from importlib.util import find_spec
from typing import Any

import click
from flask.cli import FlaskGroup

OWN = {"new": "demijohn.cli.new"}
"""Command -> the module that holds it under the same name."""


class Program(FlaskGroup):
    """Flask's commands and ours; ours are imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *(name for name, module in OWN.items() if find_spec(module))})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in OWN and find_spec(OWN[name]):
            command: Any = getattr(importlib.import_module(OWN[name]), name)
            return command if isinstance(command, click.Command) else None
        return super().get_command(ctx, name)


def main() -> None:
    """Run it."""
    Program(
        name="demijohn",
        help="A bigger flask: every command of `flask`, and `new`.\n\nAn application is loaded with --app, FLASK_APP, "
        "or a 'wsgi.py' or 'app.py' file in the current folder.",
    ).main()
