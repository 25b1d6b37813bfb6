"""Writes mapped classes for tables and views that somebody else makes: sqlacodegen's classes, on our `Model`.

Needs sqlacodegen, and is imported by `flask models from-database` alone.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlacodegen.generators import Base, DeclarativeGenerator
from sqlacodegen.models import ColumnAttribute, Model, ModelClass, RelationshipAttribute

BASE = "Existing"
TAKEN = ("managed", "registry", "query")
"""Names that mean something on every model of ours."""


class ModelWriter(DeclarativeGenerator):
    """Classes below one abstract base that says where the tables are and that nobody here makes them."""

    def __init__(self, metadata: sa.MetaData, bind: sa.Engine, *, bind_key: str | None) -> None:
        super().__init__(metadata, bind, ["use_inflect", "noindexes"], base_class_name=BASE)
        self.bind_key = bind_key

    def generate_base(self) -> None:
        told = [f"{self.indentation}__abstract__ = True", f"{self.indentation}managed = False"]
        if self.bind_key is not None:
            told.append(f'{self.indentation}__bind_key__ = "{self.bind_key}"')
        self.base = Base(
            literal_imports=[],  # sqlacodegen would sort our name by where we are installed
            declarations=["from demijohn import Model", "", "", f"class {BASE}(Model):", *told],
            metadata_ref=f"{BASE}.metadata",
        )

    def generate_models(self) -> list[Model]:
        for table in self.metadata.tables.values():
            leave_out_rules(table)
        models = super().generate_models()
        self.relations = [one for model in models if isinstance(model, ModelClass) for one in model.relationships]
        return models

    def render_relationship_arguments(self, relationship: RelationshipAttribute) -> Mapping[str, Any]:
        given = dict(super().render_relationship_arguments(relationship))
        if sharing := [other.name for other in self.relations if is_overlap(relationship, other)]:
            given["overlaps"] = repr(",".join(dict.fromkeys(sharing)))
        return given

    def generate_model_name(self, model: Model, global_names: set[str]) -> None:
        super().generate_model_name(model, global_names | {"Model", BASE})

    def generate_column_attr_name(self, column_attr: ColumnAttribute, global_names: set[str], local: set[str]) -> None:
        super().generate_column_attr_name(column_attr, global_names, {*local, *TAKEN})

    def render_column_attribute(self, column_attr: ColumnAttribute) -> str:
        line = super().render_column_attribute(column_attr)
        is_ours = column_attr.name == "id" and self.render_column_python_type(column_attr.column) != "int"
        return f"{line}  # type: ignore[assignment]" if is_ours else line


def is_overlap(one: RelationshipAttribute, other: RelationshipAttribute) -> bool:
    """Whether two relationships write the same column by different foreign keys, of which SQLAlchemy would warn."""
    if one.constraint is None or other.constraint is None or one.constraint is other.constraint:
        return False
    return not set(one.constraint.columns).isdisjoint(other.constraint.columns)


def leave_out_rules(table: sa.Table) -> None:
    """Take out what only a maker of the table needs; what is unique stays, because forms explain it."""
    for rule in list(table.constraints):
        if isinstance(rule, sa.CheckConstraint):
            table.constraints.remove(rule)
        elif isinstance(rule, sa.PrimaryKeyConstraint | sa.ForeignKeyConstraint):
            rule.name = None


def read(engine: sa.Engine, *, schema: str | None, only: Collection[str], views: bool) -> sa.MetaData:
    """The tables, and views if asked, of a schema; `only` those of these names, if there are any.

    Raises:
        sqlalchemy.exc.InvalidRequestError: there is none of such a name; the text names it.
    """
    metadata = sa.MetaData()
    metadata.reflect(engine, schema, views=views, only=list(only) or None)
    return metadata


def give_keys(metadata: sa.MetaData, said: Mapping[str, list[str]]) -> list[str]:
    """Make the columns named for a table its key, guess those of views; the names of what has none and is left out.

    Raises:
        KeyError: a named table or column does not exist.
    """
    by_name = {table.name: table for table in metadata.tables.values()}
    for name, columns in said.items():
        make_key(by_name[name], columns)
    keyless = [table for table in metadata.tables.values() if not table.primary_key.columns]
    for table in keyless:
        if guess := guessed_key(table):
            make_key(table, [guess])
    left = [table for table in keyless if not table.primary_key.columns]
    for table in left:
        metadata.remove(table)
    return [table.name for table in left]


def make_key(table: sa.Table, columns: Iterable[str]) -> None:
    found = [table.c[name] for name in columns]
    for column in found:
        column.nullable = False
    table.primary_key = sa.PrimaryKeyConstraint(*found)  # type: ignore[misc]
    table.append_constraint(table.primary_key)


def guessed_key(table: sa.Table) -> str | None:
    """What tells the rows of a view or a table without a key apart, by its name: `id`, or the only `…_id`."""
    names = [column.name for column in table.columns]
    own = f"{table.name.removesuffix('s')}_id"
    ids = [name for name in names if name.endswith("_id")]
    candidates = [*(name for name in ("id", own) if name in names), *(ids if len(ids) == 1 else [])]
    return next(iter(candidates), None)


def written(engine: sa.Engine, metadata: sa.MetaData, *, bind_key: str | None) -> str:
    """The module's source."""
    source: Any = ModelWriter(metadata, engine, bind_key=bind_key).generate()
    return f'"""Tables and views that somebody else makes; written by `flask models from-database`."""\n\n{source}'
