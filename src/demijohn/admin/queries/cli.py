"""`flask sql`: what the database needs for saved queries."""

import click
from flask import current_app
from flask.cli import with_appcontext

from demijohn.admin.queries.role import grants
from demijohn.database.base import db


@click.group()
def group() -> None:
    """Saved queries of the dashboard."""


@group.command("role")
@click.argument("name", default="demijohn_reader")
@with_appcontext
def write_role(name: str) -> None:
    """Write the statements that make a PostgreSQL role which may read no secret; nothing is run."""
    if db.engine.dialect.name != "postgresql":
        raise click.ClickException("Only PostgreSQL has roles. On SQLite secrets are kept from queries without one.")
    click.echo(f"-- Run these as the owner of the tables, then give it a password: \\password {name}")
    for statement in grants(current_app._get_current_object(), name):  # type: ignore[attr-defined]
        click.echo(statement)
    click.echo(f"-- Then: FLASK_ADMIN__SQL__URL=postgresql://{name}:…@host/database")
