"""What autogenerate looks at: the application's tables and no others; and how it writes our types."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import render
from flask import Flask
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from demijohn.database.decimals import ExactDecimal, Int64
from demijohn.database.ownership import application_models, battery_of, owned_tables
from demijohn.migrations.folders import project_versions
from demijohn.migrations.revisions import tables_made


def comparison(app: Flask) -> dict[str, Any]:
    """Options for Alembic's context."""
    return {"compare_type": True, "include_object": include(app), "render_item": render_item}


def include(app: Flask) -> Callable[..., bool]:
    """Whether autogenerate may see a table: one of the project's models, or one its own revisions made.

    A battery's table is seen only if the project's class maps it (its own `User`), so that added columns are found.
    """
    models = application_models(app)
    mapped = {table for model in models for table in model.__mapper__.tables}
    seen = {table for table in owned_tables(app) if battery_of(table) is None or table in mapped}
    made_here = tables_made(project_versions(app))

    def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:  # noqa: FBT001 - Alembic's signature
        if kind != "table":
            return True
        if reflected and compare_to is None:
            return name in made_here
        return item in seen

    return include_object


def render_item(kind: str, item: Any, autogen_context: Any) -> Any:
    """Our types as plain SQLAlchemy, so that revisions import nothing of ours; False for Alembic's own way."""
    return plain_type(item, autogen_context) if kind == "type" else False


def plain_type(item: Any, autogen_context: Any) -> str | bool:
    if isinstance(item, ExactDecimal):
        return f"sa.Numeric(precision={item.precision}, scale={item.scale})"
    if isinstance(item, Int64):
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')" if item._variant_mapping else "sa.BigInteger()"
    if isinstance(item, sa.Enum) and not item.native_enum:
        return f"sa.String(length={item.length})"
    if isinstance(item, sa.JSON) and isinstance(item._variant_mapping.get("postgresql"), JSONB):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if isinstance(item, TypeDecorator) and type(item).__module__.startswith("demijohn."):
        return str(render._repr_type(item.impl_instance, autogen_context))
    return False
