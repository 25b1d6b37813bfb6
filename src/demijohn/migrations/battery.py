"""Schema changes by Alembic, through Flask-Migrate; neither is imported until `flask db` has work to do."""

from pathlib import Path

from flask import Flask

from demijohn.battery import Battery
from demijohn.commands import LazyGroup
from demijohn.contributions import Probe
from demijohn.migrations.guard import probe_migrations, start_guard
from demijohn.migrations.settings import MigrationsSettings
from demijohn.state import state_of


def init(app: Flask, section: MigrationsSettings) -> None:
    """Watch the database's revisions; under test the tables are made without any."""
    if section.guard and state_of(app).environment != "testing":
        start_guard(app)


battery = Battery(
    name="migrations",
    section=MigrationsSettings,
    init=init,
    needs=("database",),
    commands=(
        LazyGroup(
            "db",
            home="demijohn.migrations.cli:group",
            help="Change the database: write and apply revisions, fill and empty it.",
        ),
    ),
    templates=Path(__file__).parent / "templates",
    probes=(Probe(name="migrations", run=probe_migrations),),
)
