"""Where a database stands against its revisions: one SELECT, no Alembic."""

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask

from demijohn.database.base import db
from demijohn.database.ownership import owned_tables
from demijohn.migrations.folders import expected_revisions
from demijohn.migrations.revisions import covered

VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is missing and what is too much.

    Attributes:
        missing: revisions to apply, by id.
        unknown: revisions the database has and no file here declares: it is ahead of this code.
    """

    missing: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        return not self.missing and not self.unknown


def standing(app: Flask) -> Standing:
    """How the main database stands; a database that `create_all` filled counts as current."""
    with app.app_context():
        applied = applied_revisions()
        if applied is None:
            if has_all_tables(app):
                return Standing(missing=(), unknown=())
            applied = frozenset()
    revisions = expected_revisions(app, applied)
    known = covered(revisions, applied)
    return Standing(
        missing=in_order(set(revisions) - known, revisions), unknown=tuple(sorted(applied - set(revisions)))
    )


def in_order(names: Iterable[str], revisions: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=list(revisions).index))


def applied_revisions() -> frozenset[str] | None:
    """What the version table holds; None if there is no such table."""
    with db.engine.connect() as connection:
        try:
            return frozenset(connection.scalars(sa.select(VERSION.c.version_num)))
        except (sa.exc.ProgrammingError, sa.exc.OperationalError):
            connection.rollback()
            if sa.inspect(connection).has_table(VERSION.name):
                raise
            return None


def has_all_tables(app: Flask) -> bool:
    wanted = {table.name for table in owned_tables(app)}
    return bool(wanted) and wanted <= set(sa.inspect(db.engine).get_table_names())
