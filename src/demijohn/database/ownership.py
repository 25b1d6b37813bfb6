"""Which mapped classes and tables belong to this application: its own, and those of the batteries that are on."""

from flask import Flask
from sqlalchemy import Table

from demijohn.database.base import Model
from demijohn.state import state_of


def application_models(app: Flask) -> list[type[Model]]:
    """The application's mapped classes: those in its module or package, and those passed as `models=`."""
    prefix = f"{app.import_name}."
    passed = state_of(app).passed_models
    return [
        mapper.class_
        for mapper in Model.registry.mappers
        if mapper.class_ in passed or f"{mapper.class_.__module__}.".startswith(prefix)
    ]


def battery_of(table: Table) -> str | None:
    """The battery that owns the table, None for a project's own."""
    owner: str | None = table.info.get("battery")
    return owner
