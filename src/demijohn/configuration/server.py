"""Which production server this process runs under, if any."""

import os
import sys
from pathlib import Path

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
