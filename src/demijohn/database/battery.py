"""Flask-SQLAlchemy under our own base."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.database.base import db
from demijohn.database.settings import DatabaseSettings


def init(app: Flask, section: DatabaseSettings) -> None:
    del section
    db.init_app(app)


battery = Battery(name="database", section=DatabaseSettings, init=init)
