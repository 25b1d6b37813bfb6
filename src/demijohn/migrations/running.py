"""Alembic through Flask-Migrate, set up for one application. The only module that imports Flask-Migrate."""

import os
import shutil
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy.exc import SQLAlchemyError

from demijohn.database.base import db
from demijohn.database.ownership import owned_tables
from demijohn.errors import SetupError
from demijohn.migrations.environment import REPORT, WRITES
from demijohn.migrations.folders import project_folder, project_versions, template_folder, version_folders
from demijohn.migrations.standing import applied_revisions


def migrate_of(app: Flask) -> Any:
    """Flask-Migrate's object, at its own place in `app.extensions`; made when first asked for."""
    if "migrate" not in app.extensions:
        ours = app.cli.commands.get("db")
        migrate = Migrate(directory=str(project_folder(app)))
        migrate.configure(lambda config: configured(app, config))
        migrate.init_app(app, db)
        if ours is not None:
            app.cli.commands["db"] = ours  # Flask-Migrate adds its own
    return app.extensions["migrate"].migrate


def configuration(app: Flask, *, writes: bool = False, report: Any = None, **options: Any) -> Any:
    """Alembic's configuration for one command; needs the application's context."""
    config = migrate_of(app).get_config(**options)
    config.attributes[WRITES] = writes
    config.attributes[REPORT] = report
    return config


def configured(app: Flask, config: Any) -> Any:
    """The places where revisions lie, and an environment even before the project has one."""
    directory = project_folder(app)
    home = directory if (directory / "env.py").is_file() else template_folder()
    if home != directory:
        config.file_config.read(home / "alembic.ini")
    for key, value in {
        "script_location": str(home),
        "version_locations": os.pathsep.join(map(str, version_folders(app, applied_or_none(app)))),
        "path_separator": "os",
        "version_path_separator": "os",  # its name before Alembic 1.16
    }.items():
        config.set_main_option(key, value.replace("%", "%%"))
    return config


def applied_or_none(app: Flask) -> frozenset[str]:
    """What the database stands on; nothing if it cannot be asked (the command itself will say why)."""
    with app.app_context():
        try:
            return applied_revisions() or frozenset()
        except SQLAlchemyError:
            return frozenset()


def make_folder(app: Flask) -> Path | None:
    """Write the project's migrations folder if it has none; where it was written."""
    directory = project_folder(app)
    if (directory / "env.py").is_file():
        return None
    directory.mkdir(parents=True, exist_ok=True)
    for file in sorted(template_folder().iterdir()):
        if file.is_file():
            shutil.copyfile(file, directory / file.name)
    project_versions(app).mkdir(exist_ok=True)
    return directory


def upgrade(app: Flask, revision: str = "heads", *, report: Any = None, **options: Any) -> None:
    """Apply revisions; all that are missing if not told otherwise."""
    refuse_unversioned(app)
    command.upgrade(configuration(app, writes=True, report=report), revision, **options)


def refuse_unversioned(app: Flask) -> None:
    """Tables that no revision made cannot be made again.

    A project's own may be there from before demijohn, as long as no revision is about to make them. Tables marked
    `guarded` are looked after by the revision that makes them.

    Raises:
        SetupError: there are others, as `db.create_all()` leaves them.
    """
    if applied_revisions() is not None:
        return
    has_history = any(project_versions(app).glob("*.py"))
    made = {t.name for t in owned_tables(app) if is_made_by_revisions(t, has_history=has_history)}
    there = sorted(made & set(sa.inspect(db.engine).get_table_names()))
    if there and applied_revisions() is None:  # asked again: another upgrade may just have ended
        raise SetupError(
            f"tables are there that no revision made ({', '.join(there[:3])}{', …' if there[3:] else ''}), as "
            "db.create_all() leaves them.",
            fix="flask db stamp, if they fit the models; in development also: flask db reset",
        )


def is_made_by_revisions(table: sa.Table, *, has_history: bool) -> bool:
    """Whether an upgrade from nothing would make the table.

    Args:
        has_history: whether the project has revisions of its own.
    """
    if "battery" not in table.info:
        return has_history
    return not table.info.get("guarded", False)
