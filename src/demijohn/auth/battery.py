"""Accounts on Flask-Login."""

from pathlib import Path

from flask import Flask
from flask_login import LoginManager

from ..battery import Battery
from ..database.base import db
from .access import can
from .models import Role, UserBase, user_class
from .settings import AuthSettings
from .views import blueprint


def init(app: Flask, section: AuthSettings) -> None:
    del section
    manager = LoginManager(app)
    manager.login_view = "auth.login"
    user_class()

    @manager.user_loader
    def load(user_id: str) -> UserBase | None:
        user = db.session.get(user_class(), int(user_id))
        return user if user is not None and user.is_active else None

    app.jinja_env.globals["can"] = can


def models(section: AuthSettings) -> tuple[type, ...]:
    del section
    return (user_class(), Role)


battery = Battery(
    name="auth",
    section=AuthSettings,
    init=init,
    needs=("database", "forms"),
    after=("sessions", "audit", "mail"),
    models=models,
    blueprints=(blueprint,),
    templates=Path(__file__).parent / "templates",
)
