"""Finding and loading the application for a command, so that whatever goes wrong is one screen and status 2."""

import os
import re
import shutil
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask.cli import NoAppException, ScriptInfo, prepare_import

from demijohn.configuration.sources import application_folder
from demijohn.errors import SetupError


def load_application(ctx: click.Context) -> Flask:
    """The application that `--app` names, made by `create_app`.

    Raises:
        NoAppException: it cannot be found or loaded, or is a plain Flask application; without a traceback.
    """
    info = ctx.ensure_object(ScriptInfo)
    try:
        app = info.load_app()
    except NoAppException as error:
        raise short(error, info) from None
    except Exception as error:  # noqa: BLE001 - a project's module may raise anything
        raise import_fault(error, info) from None
    if "demijohn" not in app.extensions:
        raise SetupError(
            f"{app.import_name!r} is a plain Flask application.", fix="app = demijohn.create_app(__name__)"
        )
    return app


def short(error: NoAppException, info: ScriptInfo) -> NoAppException:
    """Flask puts the whole traceback into its text when the module itself fails to import something."""
    if "Traceback (most recent call last)" not in error.message:
        return error
    last = error.message.strip().splitlines()[-1]
    return SetupError(f"{info.app_import_path or 'the application'} cannot be imported: {last}", fix=see_whole(info))


def import_fault(error: Exception, info: ScriptInfo) -> SetupError:
    """The line of the project that failed, instead of a traceback."""
    name = info.app_import_path or "the application"
    told = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    return SetupError(f"{name} cannot be loaded: {told}{place_of(error)}", fix=see_whole(info))


def place_of(error: Exception) -> str:
    """Where in the project it happened: the last line that is not in an installed library."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({Path(error.filename).name}:{error.lineno})"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if is_own(frame.filename)]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


def is_own(filename: str) -> bool:
    libraries = ("site-packages", "dist-packages", f"lib{'/'}python", str(Path(__file__).parents[1]))
    return not filename.startswith("<") and not any(part in filename for part in libraries)


def see_whole(info: ScriptInfo) -> str:
    module = re.split(r":(?![\\/])", info.app_import_path or "app")[0]
    return f"correct it; for the whole traceback: {Path(sys.executable).name} -c 'import {module}'"


def folder_beside(ctx: click.Context) -> Path | None:
    """The folder whose `.env` the application reads, without importing the application.

    None if there is no such module, or it is installed among the libraries.
    """
    info = ctx.ensure_object(ScriptInfo)
    named = re.split(r":(?![\\/])", info.app_import_path, maxsplit=1)[:1] if info.app_import_path else []
    for path in named or [name for name in ("wsgi.py", "app.py") if Path(name).is_file()]:
        return application_folder(prepare_import(path))
    return None


def program_called(ctx: click.Context) -> str:
    """How to call this program again from here: `flask --app shop`, or `.venv/bin/flask --app shop`."""
    program = Path(sys.argv[0])
    on_path = shutil.which(program.name)
    name = program.name if on_path and Path(on_path) == program.absolute() else os.path.relpath(program)
    path = ctx.ensure_object(ScriptInfo).app_import_path
    return f"{name} --app {path}" if path and path != os.environ.get("FLASK_APP") else name


def leave(ctx: click.Context, error: click.ClickException) -> NoReturn:
    """End the command with the error's screen and status 2."""
    click.echo(f"Error: {error.format_message()}", err=True)
    ctx.exit(2)
