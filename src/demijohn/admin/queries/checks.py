"""What `flask check` says of saved queries."""

from collections.abc import Iterator

from flask import Flask

from demijohn.contributions import Problem
from demijohn.database.base import db
from demijohn.state import state_of


def check_reader(app: Flask) -> Iterator[Problem]:
    """admin.W005: queries on PostgreSQL have no role of their own."""
    section = state_of(app).sections["admin"].sql  # type: ignore[attr-defined]
    with app.app_context():
        is_postgresql = db.engine.dialect.name == "postgresql"
    if section.url is None and is_postgresql:
        yield Problem(
            id="admin.W005",
            level="warning",
            text="no saved query is run: the application's own role, by which they would be read, may read secrets.",
            fix="flask sql role demijohn_reader, run what it writes, and set FLASK_ADMIN__SQL__URL to that role's URL.",
        )
