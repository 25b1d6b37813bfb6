"""Flask-SQLAlchemy under our own base."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.commands import LazyGroup
from demijohn.contributions import Check, Probe
from demijohn.database.base import db
from demijohn.database.busy import answer_locks
from demijohn.database.checks import (
    check_foreign_keys,
    check_one_host,
    check_pool,
)
from demijohn.database.probes import probe_database
from demijohn.database.settings import DatabaseSettings
from demijohn.errors import SetupError


def init(app: Flask, section: DatabaseSettings) -> None:
    """Make the engines; nothing connects before the first statement."""
    if section.url is None and not app.config["SQLALCHEMY_DATABASE_URI"]:
        app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{app.name.partition('.')[0]}.db"
    try:
        db.init_app(app)
    except ImportError as missing:
        if "psycopg" not in str(missing) and missing.name != "psycopg":
            raise
        raise SetupError(
            f"the database URL says PostgreSQL, whose driver is not installed ({missing}).",
            fix='pip install "demijohn[postgres]"',
        ) from None
    answer_locks(app)


battery = Battery(
    name="database",
    section=DatabaseSettings,
    init=init,
    commands=(LazyGroup("models", home="demijohn.database.cli:group", help="Write models."),),
    checks=(
        Check(name="pool", run=check_pool),
        Check(name="foreign keys", run=check_foreign_keys),
        Check(name="one host", run=check_one_host, deploy=True),
    ),
    probes=(Probe(name="database", run=probe_database),),
)
