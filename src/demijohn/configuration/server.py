"""Which production server an application runs under, if any; development is refused there."""

import os
import sys
from pathlib import Path

from flask import Flask, request

from demijohn.errors import SetupError

PROGRAMS = {
    "bjoern", "cheroot", "daphne", "granian", "gunicorn", "hypercorn", "mod_wsgi-express", "uvicorn", "uwsgi",
    "waitress", "waitress-serve",
}  # fmt: skip


def production_server() -> str | None:
    """The name of the production server, told by what only a running one leaves behind.

    An imported library is no evidence (tests import them): gunicorn says so in the environment of its workers,
    uWSGI and mod_wsgi exist as modules only inside themselves, and the others are the program that was started.
    """
    software = os.environ.get("SERVER_SOFTWARE", "").partition("/")[0].lower()
    if software in PROGRAMS and f"{software}.arbiter" in sys.modules:
        return software
    for inside in ("uwsgi", "mod_wsgi"):
        if inside in sys.modules:
            return inside
    program = Path(sys.argv[0]) if sys.argv else Path()
    name = (
        program.parent.name
        if program.name == "__main__.py"
        else program.stem
        if program.suffix == ".py"
        else program.name
    )
    return name if name in PROGRAMS else None


def refuse_production_server(app: Flask) -> None:
    """Answer nothing in development to a server that could not be told at the start (`waitress.serve(app)`).

    Such a server names itself in every request; Werkzeug's and the test client are left alone.
    """

    @app.before_request
    def refuse() -> None:
        server = str(request.environ.get("SERVER_SOFTWARE", "")).partition("/")[0].lower()
        if server in PROGRAMS:
            raise SetupError(
                f"the environment is development, but {server} serves it.",
                fix="FLASK_ENVIRONMENT=production (and FLASK_DEBUG=0), or serve it with `flask run --debug`",
            )
