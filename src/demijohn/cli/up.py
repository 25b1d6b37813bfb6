"""`flask up`: from a file with models to a served application, in development.

The debug reloader runs the whole command again in a child process: the work is done once, in its parent.
"""

import logging
import os
import re
import socket
import sys
from pathlib import Path

import click
from flask import Flask
from flask.cli import NoAppException, run_command
from werkzeug.serving import is_running_from_reloader

from demijohn.cli.first_administrator import announce_administrator
from demijohn.cli.loading import folder_beside, leave, load_application, program_called
from demijohn.cli.prepare_database import Unanswered, prepare_database, refuse_remote_database
from demijohn.configuration.reading import read
from demijohn.configuration.sources import is_on
from demijohn.errors import SetupError
from demijohn.settings import Settings
from demijohn.state import state_of

VARIABLE = "FLASK_ENVIRONMENT"
COLOUR = re.compile("\x1b\\[[0-9;]*m")
FIRST_PORT, LAST_PORT = 5000, 5099


def run(ctx: click.Context, *, no_input: bool, yes: bool, host: str, port: int | None) -> None:
    """Serve until interrupted; exit 1 if something must be asked first, 2 if the application cannot start."""
    try:
        if not is_running_from_reloader():
            free_port(host, port)  # refused before anything is written
            prepare(ctx, no_input=no_input, yes=yes)
            port = free_port(host, port)  # preparing took a while: somebody else may have come
            click.echo(f"serving on {address(host, port)}", color=False)
            os.environ["FLASK_UP_PORT"] = str(port)  # what the reloader's child is told
        serve(ctx, host, port or FIRST_PORT)
    except Unanswered as answer:
        click.echo(answer.text, err=True)
        ctx.exit(1)
    except NoAppException as error:
        leave(ctx, error)


def prepare(ctx: click.Context, *, no_input: bool, yes: bool) -> None:
    """Everything before serving, in an order in which a refusal has written nothing."""
    folder = folder_beside(ctx)
    is_new = decide_environment(folder)
    os.environ.setdefault("FLASK_DEBUG", "1")
    app = load_application(ctx)
    refuse_other_environment(app)
    refuse_remote_database(app, yes=yes)
    prepare_database(app, no_input=no_input)
    if is_new:
        write_environment(folder)
    announce_administrator(app, program=program_called(ctx))


def decide_environment(folder: Path | None) -> bool:
    """Go on in development; True if nobody has said so yet.

    Raises:
        SetupError: somebody said something else.
    """
    said = read(Settings, {}, folder)
    origin = said.origins.get("environment")
    if origin is None or origin.name != VARIABLE:
        os.environ[VARIABLE] = "development"
        return True
    refuse_unless_development(str(said.raw["environment"]), str(origin))
    return False


def refuse_other_environment(app: Flask) -> None:
    settings: Settings = state_of(app).settings
    refuse_unless_development(settings.environment, settings.said("environment"))


def refuse_unless_development(environment: str, said: str) -> None:
    if environment != "development":
        raise SetupError(
            f"`flask up` is for development, and {said} says {environment}.",
            fix="FLASK_ENVIRONMENT=development; in production: flask db upgrade, flask user create, and a WSGI server.",
        )


def write_environment(folder: Path | None) -> None:
    """Note in `.env` that this is development, so that `flask db`, `shell`, `run` work here afterwards."""
    line = f"{VARIABLE}=development"
    if folder is None:
        click.echo(f"set {line} for other commands: there is no folder beside the application for a .env file")
        return
    path = folder / ".env"
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        gap = "" if not before or before.endswith("\n") else "\n"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{gap}{line}\n")
    except OSError as error:
        raise SetupError(f"{path} cannot be written ({error.strerror}).", fix=f"export {line}") from None
    click.echo(f"wrote {line} to {path}, so that other commands work here too")


def free_port(host: str, wanted: int | None) -> int:
    """The port asked for, or the first free one from 5000 on.

    Raises:
        SetupError: it is taken, or the host is not this machine's.
    """
    for port in [wanted] if wanted else range(FIRST_PORT, LAST_PORT + 1):
        if is_free(host, port):
            return port
    taken = f"port {wanted} is" if wanted else f"ports {FIRST_PORT} to {LAST_PORT} are"
    raise SetupError(f"{taken} taken on {host}.", fix="flask up --port <another>, or stop what runs there.")


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Werkzeug does
        try:
            probe.bind((host, port))
        except PermissionError:
            raise SetupError(f"port {port} needs more rights.", fix="flask up --port 5000") from None
        except (socket.gaierror, OSError) as error:
            if isinstance(error, socket.gaierror) or error.errno == 99:  # EADDRNOTAVAIL
                raise SetupError(f"{host} is not an address of this machine.", fix="--host 127.0.0.1") from None
            return False
    return True


def address(host: str, port: int) -> str:
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}/"


def serve(ctx: click.Context, host: str, port: int) -> None:
    """Flask's own development server, with debugger and reloader unless FLASK_DEBUG says no."""
    if not sys.stderr.isatty():
        logging.getLogger("werkzeug").addFilter(without_colour)
    debug = is_on(os.environ.get("FLASK_DEBUG"))
    folder = folder_beside(ctx)
    watched = [str(folder / ".env")] if folder and (folder / ".env").exists() else None
    ctx.invoke(run_command, host=host, port=port, reload=debug, debugger=debug, extra_files=watched)


def without_colour(record: logging.LogRecord) -> bool:
    """Take out the colours that Werkzeug writes to files and pipes as well."""
    record.msg, record.args = COLOUR.sub("", record.getMessage()), None
    return True
