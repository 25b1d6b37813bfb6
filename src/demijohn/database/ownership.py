"""Which mapped classes and tables belong to this application: its own, and those of the batteries that are on.

The metadata is shared by all applications of a process; nothing may create, migrate or show what is not theirs.
"""

import sys

from flask import Flask
from sqlalchemy import Table
from sqlalchemy.schema import sort_tables_and_constraints

from demijohn.database.base import Model, db
from demijohn.state import state_of


def application_models(app: Flask) -> list[type[Model]]:
    """The application's mapped classes: those in its module or package, and those passed as `models=`."""
    prefix = f"{home_package(app.import_name)}."
    passed = state_of(app).passed_models
    return [
        mapper.class_
        for mapper in Model.registry.mappers
        if mapper.class_ in passed or f"{mapper.class_.__module__}.".startswith(prefix)
    ]


def home_package(import_name: str) -> str:
    """The package whose modules are the application's: that of `import_name`, else the module itself."""
    module = sys.modules.get(import_name)
    return (getattr(module, "__package__", None) or import_name) if module is not None else import_name


def battery_of(table: Table) -> str | None:
    """The battery that owns the table, None for a project's own."""
    owner: str | None = table.info.get("battery")
    return owner


def owned_tables(app: Flask, bind_key: str | None = None) -> list[Table]:
    """Tables of this database that the application creates and migrates, parents first."""
    if bind_key not in db.metadatas:
        return []
    state = state_of(app)
    tables = set(db.metadatas[bind_key].tables.values())
    unmanaged, mapped = mapped_tables(app)
    owned = {
        table for table in tables - unmanaged if (state.has(owner) if (owner := battery_of(table)) else table in mapped)
    }
    links = {table for table in tables - all_mapped_tables() if battery_of(table) is None}
    owned |= {table for table in links if is_link(table, owned, mapped - unmanaged, others=unmanaged)}
    ordered = sort_tables_and_constraints(sorted(owned, key=lambda table: table.name))  # type: ignore[no-untyped-call]
    return [table for table, _ in ordered if table is not None]  # the last entry holds keys of circles, without a table


def mapped_tables(app: Flask) -> tuple[set[Table], set[Table]]:
    """The tables of the application's models: those nobody here may touch, and all of them."""
    unmanaged: set[Table] = set()
    every: set[Table] = set()
    for model in application_models(app):
        tables = {table for table in model.__mapper__.tables if isinstance(table, Table)}
        every |= tables
        if not model.managed:
            unmanaged |= tables
    return unmanaged, every


def all_mapped_tables() -> set[Table]:
    return {table for mapper in Model.registry.mappers for table in mapper.tables if isinstance(table, Table)}


def is_link(table: Table, owned: set[Table], mapped: set[Table], *, others: set[Table]) -> bool:
    """Whether a table without a class joins tables of this application, at least one of them made here."""
    named = table.metadata.tables
    targets = {named.get(key.target_fullname.rpartition(".")[0]) for key in table.foreign_keys}
    return bool(targets & mapped) and targets <= owned | mapped | others | {table}
