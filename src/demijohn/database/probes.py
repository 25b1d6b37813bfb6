"""What `/readyz` asks about the databases."""

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from demijohn.database.base import db


def probe_database(app: Flask) -> str | None:
    """None when every database answers, else which one does not."""
    with app.app_context():
        engines = dict(db.engines)
    for key, engine in engines.items():
        try:
            with engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except SQLAlchemyError as error:
            return f"{key or 'main'} database does not answer ({type(error).__name__})"
    return None
