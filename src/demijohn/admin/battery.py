"""Flask-Admin, fresh for every application."""

from pathlib import Path

from flask import Flask
from flask_admin import Admin

from demijohn.admin.settings import AdminSettings
from demijohn.admin.view import ModelView
from demijohn.assets import static_blueprint
from demijohn.battery import Battery
from demijohn.database.base import db
from demijohn.database.ownership import application_models

HERE = Path(__file__).parent
face = static_blueprint("demijohn_admin", HERE / "static", "/_demijohn/admin")


def init(app: Flask, section: AdminSettings) -> None:
    del section
    admin = Admin(app, name=app.name)
    for model in application_models(app):
        admin.add_view(
            ModelView(
                model,
                db,
                endpoint=f"admin_{model.__tablename__}",
                url=f"/admin/{model.__tablename__}",
            )
        )


battery = Battery(
    name="admin",
    section=AdminSettings,
    init=init,
    needs=("auth",),
    after=("audit",),
    blueprints=(face,),
    templates=HERE / "templates",
)
