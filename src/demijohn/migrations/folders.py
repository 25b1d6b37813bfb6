"""Where revisions live: one folder per battery inside the package, one in the project."""

from pathlib import Path
from typing import Any

from flask import Flask
from flask.sansio.scaffold import find_package

import demijohn
from demijohn.battery import Battery
from demijohn.migrations.revisions import Revision, read_revisions
from demijohn.migrations.settings import MigrationsSettings
from demijohn.state import state_of

PACKAGE = Path(str(demijohn.__file__)).parent


def template_folder() -> Path:
    """What a project's migrations folder starts from: in the wheel, else in the checkout."""
    shipped = Path(__file__).parent / "project_template"
    return shipped if shipped.is_dir() else PACKAGE.parents[1] / "migrations_template"


def section_of(app: Flask) -> MigrationsSettings:
    section = state_of(app).sections["migrations"]
    assert isinstance(section, MigrationsSettings)  # noqa: S101 - narrows the type
    return section


def project_folder(app: Flask) -> Path:
    """The project's migrations folder, whether it exists yet or not."""
    said = section_of(app).directory
    inside = Path(app.root_path) / "migrations"
    if said is None and inside.is_dir():
        return inside
    installed_under, found_in = find_package(app.import_name)
    project = Path(found_in) if installed_under is None else Path.cwd()
    return project / (said or "migrations")


def project_versions(app: Flask) -> Path:
    return project_folder(app) / "versions"


def folder_of(battery: Battery[Any]) -> Path | None:
    """The battery's revisions; a bundled one has them in its package."""
    if battery.migrations is not None:
        return battery.migrations
    bundled = PACKAGE / battery.name / "migrations"
    return bundled if bundled in bundled_folders() else None


def battery_folders(app: Flask) -> list[Path]:
    """Revisions of the batteries that are on, in starting order."""
    return [folder for battery in state_of(app).batteries if (folder := folder_of(battery)) is not None]


def bundled_folders() -> list[Path]:
    """Revisions of every bundled battery, on or off; found by their place, so that nothing is imported."""
    return sorted(path for path in PACKAGE.glob("*/migrations") if any(path.glob("*.py")))


def version_folders(app: Flask, applied: frozenset[str] = frozenset()) -> list[Path]:
    """Every folder with revisions this application may meet.

    Those of batteries that are on and of the project; and of a bundled battery that is off, if the database or the
    project's history already stands on it.
    """
    project = project_versions(app)
    on = [folder.resolve() for folder in battery_folders(app)]
    needed = {need for revision in read_revisions([project]).values() for need in revision.needs} | applied
    off = [
        folder for folder in bundled_folders() if folder.resolve() not in on and needed & set(read_revisions([folder]))
    ]
    return [*on, *off, project]


def expected_revisions(app: Flask, applied: frozenset[str] = frozenset()) -> dict[str, Revision]:
    """Every revision that should be applied."""
    return read_revisions(version_folders(app, applied))
