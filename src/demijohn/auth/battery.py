"""Accounts on Flask-Login."""

from pathlib import Path

from flask import Flask

from demijohn.battery import Battery

from .access import can
from .models import Role, user_class
from .settings import AuthSettings
from .views import blueprint


def init(app: Flask, section: AuthSettings) -> None:
    del section
    user_class()
    start_login(app)
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
