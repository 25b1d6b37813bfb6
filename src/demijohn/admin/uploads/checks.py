"""What `flask check` asks about the folder of files."""

import os
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from demijohn.admin.uploads.pruning import upload_columns
from demijohn.admin.uploads.store import EXTENSION, files_of
from demijohn.contributions import Check, Problem


def check_folder(app: Flask) -> Iterator[Problem]:
    """admin.E004, admin.W004: files of records lie where they can be written, and nowhere that is served."""
    if EXTENSION not in app.extensions or not upload_columns(app):
        return
    root = files_of(app).root.resolve()
    if app.static_folder and root.is_relative_to(Path(app.static_folder).resolve()):
        yield Problem(
            id="admin.E004",
            level="error",
            text=f"files of records lie in {root}, below the static folder, where everybody reads them.",
            fix="set FLASK_ADMIN__UPLOADS_FOLDER to a folder outside of it.",
        )
    if not is_writable(root):
        yield Problem(
            id="admin.W004",
            level="warning",
            text=f"files of records can't be written to {root}.",
            fix="let the server's user write there, or set FLASK_ADMIN__UPLOADS_FOLDER to another folder.",
        )


def is_writable(folder: Path) -> bool:
    """Whether it can be written, or made by whoever runs this."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


UPLOAD_CHECKS = (Check(name="files of records have a place", run=check_folder),)
