"""Accounts on Flask-Login."""

from pathlib import Path

from flask import Flask

from demijohn.auth.access import can
from demijohn.auth.login import start_login
from demijohn.auth.models import OneTimeToken, Role, RolePermission, user_class
from demijohn.auth.settings import AuthSettings
from demijohn.auth.views import blueprint
from demijohn.battery import Battery


def init(app: Flask, section: AuthSettings) -> None:
    del section
    user_class()
    start_login(app)
    app.jinja_env.globals["can"] = can


def models(section: AuthSettings) -> tuple[type, ...]:
    del section
    return (user_class(), Role, RolePermission, OneTimeToken)


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
