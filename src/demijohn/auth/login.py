"""Flask-Login, kept to this one module."""

from flask import Flask
from flask_login import LoginManager

from demijohn.auth.models import UserBase, user_class
from demijohn.database.base import db


def start_login(app: Flask) -> None:
    """Load the signed-in user of each request that asks."""
    manager = LoginManager(app)
    manager.login_view = "auth.login"

    @manager.user_loader
    def load(user_id: str) -> UserBase | None:
        user = db.session.get(user_class(), int(user_id))
        return user if user is not None and user.is_active else None
