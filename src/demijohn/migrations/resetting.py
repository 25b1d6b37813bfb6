"""`flask db reset`: empties a development database and builds it anew."""

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import with_appcontext

from demijohn.database.base import Model, db
from demijohn.database.ownership import application_models, owned_tables
from demijohn.errors import SetupError
from demijohn.migrations import running
from demijohn.migrations.folders import project_versions
from demijohn.migrations.revisions import tables_made
from demijohn.migrations.screens import screens
from demijohn.migrations.standing import VERSION
from demijohn.state import state_of


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def reset(yes: bool) -> None:  # noqa: FBT001 - a flag of the command
    """Drop the application's tables with all data and build them anew (development only)."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if state_of(app).environment == "production":
        raise SetupError(
            "`flask db reset` deletes all data; this is production.", fix="set FLASK_ENVIRONMENT=development."
        )
    shown = db.engine.url.render_as_string(hide_password=True)
    if not yes:
        click.confirm(f"Delete all data of the application in {shown}?", abort=True)
    with screens(app):
        drop_everything_of(app)
        running.upgrade(app)
    click.echo(f"{shown} is new and empty.")


def drop_everything_of(app: Flask) -> None:
    """Drop the tables of models, batteries and revisions of this application, and the version table."""
    names = {table.name for table in owned_tables(app)} | tables_made(project_versions(app)) | {VERSION.name}
    names -= {model.__table__.name for model in application_models(app) if not model.managed}  # type: ignore[attr-defined]
    names |= {table.name for table in Model.metadata.tables.values() if table.info.get("battery")}
    there = sa.MetaData()
    there.reflect(bind=db.engine, only=sorted(names & set(sa.inspect(db.engine).get_table_names())))
    there.drop_all(bind=db.engine)
