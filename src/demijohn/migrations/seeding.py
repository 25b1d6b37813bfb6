"""`flask db seed`: runs the project's own function that fills a database with sample data."""

import importlib
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from demijohn.database.ownership import home_package
from demijohn.errors import SetupError
from demijohn.migrations.folders import section_of


@click.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@with_appcontext
def seed(arguments: tuple[str, ...]) -> None:
    """Run the project's `seed` function; its options follow (`flask db seed --orders 100`)."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    found = find_seed(app)
    if found is None:
        raise SetupError(
            f"there is no seed function: looked for {' and '.join(places(app))}.",
            fix=f"write `def seed()` in {usual_file(app)}, or set FLASK_MIGRATIONS__SEED=<module>:<function>.",
        )
    run_seed(found, arguments)


def run_seed(function: Any, arguments: tuple[str, ...] = ()) -> None:
    """Call the project's function, or its click command with these options, in the current application."""
    if isinstance(function, click.Command):
        function.main(list(arguments), prog_name="flask db seed", standalone_mode=False)
        return
    if arguments:
        raise click.UsageError(
            f"{function.__module__}.{function.__qualname__} takes no options.\n"
            "Fix: make it a click command (@click.command()) with options of its own."
        )
    function()


def places(app: Flask) -> list[str]:
    """Where the function is looked for: what the setting names, else `seed` in the package, else in the module."""
    said = section_of(app).seed
    return [said] if said else [f"{home_package(app.import_name)}.seed:seed", f"{app.import_name}:seed"]


def usual_file(app: Flask) -> str:
    """Where a project of this shape keeps the function: beside the package's other modules, or in its one module."""
    home = home_package(app.import_name)
    return f"{home}/seed.py" if hasattr(importlib.import_module(home), "__path__") else f"{home}.py"


def find_seed(app: Flask) -> Any | None:
    """The project's function, or None if it has none."""
    for place in places(app):
        module, _, name = place.partition(":")
        try:
            found = getattr(importlib.import_module(module), name or "seed", None)
        except ModuleNotFoundError as missing:
            if missing.name is None or not f"{module}.".startswith(f"{missing.name}."):
                raise
            found = None
        if callable(found):
            return found
    return None
