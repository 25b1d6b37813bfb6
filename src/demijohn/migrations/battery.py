"""Schema changes by Alembic, through Flask-Migrate."""

from flask import Flask

from demijohn.battery import Battery
from demijohn.migrations.settings import MigrationsSettings


def init(app: Flask, section: MigrationsSettings) -> None:
    del app, section


battery = Battery(name="migrations", section=MigrationsSettings, init=init, needs=("database",))
