"""Errors of Alembic and of the database as one screen: what is wrong, and what to type."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script.revision import MultipleHeads
from alembic.util import CommandError
from flask import Flask
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from demijohn.database.base import db
from demijohn.database.busy import why_unavailable
from demijohn.errors import SetupError
from demijohn.migrations.folders import project_folder, version_folders


@contextmanager
def screens(app: Flask) -> Iterator[None]:
    """Turn the errors people meet into a SetupError; any other goes on as it is."""
    try:
        yield
    except CommandError as error:
        raise from_alembic(app, error) from None
    except SQLAlchemyError as error:
        raise from_database(app, error) from None


def from_alembic(app: Flask, error: CommandError) -> SetupError:
    text = str(error)
    if "not up to date" in text:
        return SetupError("the database is behind its revisions.", fix="flask db upgrade")
    if "Can't locate revision" in text:
        return SetupError(
            f"{text}: the database, or the command, names a revision that no file here declares.",
            fix=f"check out the code that has it, or see `flask db history`; files are in {project_folder(app)}.",
        )
    if isinstance(error.__cause__, MultipleHeads) or "multiple heads" in text.lower():
        return SetupError(
            f"the project's history has more than one end: {text}", fix='flask db merge -m "Merge" app@heads'
        )
    if "New upgrade operations detected" in text:
        return SetupError(
            "the models have changes that no revision holds.",
            fix='flask db migrate -m "What changed" && flask db upgrade',
        )
    return SetupError(text, fix="see `flask db --help`.")


def from_database(app: Flask, error: SQLAlchemyError) -> SetupError:
    place = revision_line(app, error)
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    if place is None and isinstance(error, OperationalError) and why_unavailable(error) == "away":
        return away(reason)
    if place is None and "unable to open database file" in reason:
        return away(reason)
    if why_unavailable(error) == "busy":
        return SetupError(f"the database is locked: {reason}", fix="stop what holds the lock, then try again.")
    if place is None:
        return SetupError(
            f"the database refused: {reason}", fix="correct what it names, then try again; nothing was changed."
        )
    return SetupError(
        f"{place} failed: {reason}. Nothing was changed.", fix="correct that file, then run `flask db upgrade` again."
    )


def away(reason: str) -> SetupError:
    return SetupError(
        f"the database cannot be reached: {db.engine.url.render_as_string(hide_password=True)} ({reason})",
        fix="start the database, or correct DATABASE_URL.",
    )


def revision_line(app: Flask, error: BaseException) -> str | None:
    """File and line of the revision the error came from."""
    folders = {str(folder.resolve()) for folder in version_folders(app)}
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if str(Path(frame.filename).resolve().parent) in folders
    ]
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}," if frames else None
