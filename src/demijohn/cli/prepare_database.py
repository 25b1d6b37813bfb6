"""The database of a development start: only on this machine, and with every table it needs."""

import click
from flask import Flask

from demijohn.configuration.rules import is_loopback
from demijohn.errors import SetupError
from demijohn.state import state_of


class Unanswered(Exception):  # noqa: N818 - not an error: the answer is no
    """Something must be decided by a person first; nothing was written."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


def refuse_remote_database(app: Flask, *, yes: bool) -> None:
    """Keep a development start away from a database on another machine.

    Raises:
        SetupError: there is one, and `--yes` was not given.
    """
    if yes or not state_of(app).has("database"):
        return
    from demijohn.database.base import db

    with app.app_context():
        for key, engine in db.engines.items():
            host = engine.url.host or str(engine.url.query.get("host", ""))
            if host and not host.startswith("/") and not is_loopback(host):
                which = "the database" if key is None else f"the database {key!r}"
                raise SetupError(
                    f"{which} is on another machine ({host}), and `flask up` changes tables.",
                    fix="DATABASE_URL=sqlite:///app.db, or go on with: flask up --yes",
                )


def prepare_database(app: Flask, *, no_input: bool) -> None:
    """Bring every table up to date."""
    if not state_of(app).has("database"):
        return
    from demijohn.database.base import db

    with app.app_context():
        db.create_all()
        for engine in db.engines.values():
            engine.dispose()
    del no_input
    click.echo("database ready")
