"""Flask-Admin, fresh for every application."""

from flask import Flask
from flask_admin import Admin

from demijohn.admin.settings import AdminSettings
from demijohn.admin.view import ModelView
from demijohn.battery import Battery
from demijohn.database.base import db
from demijohn.database.ownership import application_models


def init(app: Flask, section: AdminSettings) -> None:
    del section
    admin = Admin(app, name=app.name)
    for model in application_models(app):
        admin.add_view(
            ModelView(
                model,
                db.session,
                endpoint=f"admin_{model.__tablename__}",
                url=f"/admin/{model.__tablename__}",
            )
        )


battery = Battery(name="admin", section=AdminSettings, init=init, needs=("auth",), after=("audit",))
