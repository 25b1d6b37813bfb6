"""Migrations that a program applies: what is pending, writing what only adds, applying.

Used by `flask up` and the development page. Imports Alembic, so import it only when something is to be done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn.database.base import db
from demijohn.errors import SetupError
from demijohn.migrations import running
from demijohn.migrations.review import not_additions
from demijohn.migrations.screens import screens
from demijohn.migrations.standing import standing
from demijohn.migrations.writing import write_revision


class NotAdditiveError(SetupError):
    """The models ask for more than additions; nothing was written.

    Attributes:
        changes: the steps that are not additions, in words (`drop column customer.name`).
    """

    def __init__(self, changes: list[str]) -> None:
        self.changes = changes
        super().__init__(
            f"the models ask for more than additions: {'; '.join(changes)}.",
            fix='look at it: flask db migrate -m "What changed", then flask db upgrade.',
        )


def pending(app: Flask) -> list[str]:
    """Ids of the revisions the main database lacks, in the order they would be applied; empty if it is current."""
    with screens_in_context(app):
        return list(standing(app).missing)


def write_additive(app: Flask, *, message: str = "Follow the models", additions_only: bool = True) -> Path | None:
    """Write the next revision if it only adds: tables, columns that rows can do without, indexes.

    The database must stand at its last revision (`upgrade` first).

    Args:
        message: the revision's title.
        additions_only: False writes whatever differs, after somebody said yes.

    Returns:
        The new file; None if the models and the database agree.

    Raises:
        NotAdditiveError: something would be changed, dropped, or closed to rows already there. Nothing was written.
        SetupError: the database is behind or away, or no model was imported.
    """

    def accept(found: list[Any]) -> None:
        changes = not_additions(found, is_empty)
        if changes and additions_only:
            raise NotAdditiveError(changes)

    with screens_in_context(app):
        return write_revision(app, message, accept=accept)


def upgrade(app: Flask) -> list[str]:
    """Apply every revision that is missing, whole or not at all; the ids applied.

    Raises:
        SetupError: a revision failed (nothing was changed), or the database is away or ahead of this code.
    """
    applied: list[str] = []

    def report(*, step: Any, **_: Any) -> None:
        applied.append(str(step.up_revision_id))

    with screens_in_context(app):
        running.upgrade(app, report=report)
    return applied


def is_empty(table_name: str) -> bool:
    """Whether the table has no rows."""
    with db.engine.connect() as connection:
        return connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table_name)).limit(1)) is None


@contextmanager
def screens_in_context(app: Flask) -> Iterator[None]:
    """The application's context, and errors as screens."""
    with app.app_context(), screens(app):
        yield
