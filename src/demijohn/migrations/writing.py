"""Writing the project's next revision: compared, reviewed, placed on the project's own branch."""

import enum
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.operations import ops
from flask import Flask

from demijohn.database.base import Model
from demijohn.database.ownership import application_models, battery_of
from demijohn.errors import SetupError
from demijohn.migrations.environment import REVIEW
from demijohn.migrations.folders import expected_revisions, folder_of, project_versions
from demijohn.migrations.review import steps, table_of
from demijohn.migrations.revisions import covered, heads, read_revisions
from demijohn.migrations.running import configuration, make_folder
from demijohn.state import state_of

LABEL = "app"
"""The branch of the project's own revisions."""

Accept = Callable[[list[Any]], None]
"""Told the steps before anything is written; raises to refuse them."""


def write_revision(app: Flask, message: str | None, *, accept: Accept) -> Path | None:
    """Write what the models have and the database has not; the new file, None if nothing differs.

    Raises:
        SetupError: no model was imported, so that every table would be dropped; or the history has several ends.
    """
    place = next_place(app)

    def review(context: Any, revision: Any, directives: list[Any]) -> None:
        del context, revision
        script = directives[0]
        fill_new_columns(script.upgrade_ops)
        found = steps(script.upgrade_ops)
        if not found:
            directives.clear()
            return
        refuse_without_models(app, found)
        accept(found)
        script.depends_on = battery_heads_needed(app, found)
        make_folder(app)

    config = configuration(app, opts=["autogenerate", "quiet"])  # the caller says what was written
    config.attributes[REVIEW] = review
    written = command.revision(config, message, autogenerate=True, **place)
    return Path(str(written.path)) if written and not isinstance(written, list) else None


def next_place(app: Flask) -> dict[str, Any]:
    """Where the project's next revision goes: after its last one, or first on a branch of its own.

    Raises:
        SetupError: the history has several ends.
    """
    versions = project_versions(app)
    ends = heads(read_revisions([versions]))
    if len(ends) > 1:
        raise SetupError(
            f"the project's history has more than one end: {', '.join(ends)}.",
            fix=f'flask db merge -m "Merge" {" ".join(ends)}',
        )
    place = {"head": ends[0]} if ends else {"head": "base", "branch_label": LABEL}
    return {**place, "version_path": str(versions)}


def refuse_without_models(app: Flask, found: list[Any]) -> None:
    dropped = [op.table_name for op in found if isinstance(op, ops.DropTableOp)]
    own = [model for model in application_models(app) if battery_of(model.__mapper__.local_table) is None]  # type: ignore[arg-type]
    if dropped and not own:
        raise SetupError(
            f"this would drop every table ({', '.join(sorted(dropped))}): no model of {app.import_name!r} was "
            "imported. Nothing was written.",
            fix="import your models before create_app, in the module that --app names.",
        )


def fill_new_columns(upgrade_ops: Any) -> None:
    """Make a column that must have a value possible on a table that has rows.

    One with a plain default gets it in the database as well; any other is added empty and closed in a second step.
    """
    for container in [op for op in upgrade_ops.ops if isinstance(op, ops.ModifyTableOps)]:
        rewritten: list[Any] = []
        for op in container.ops:
            rewritten.append(op)
            if not isinstance(op, ops.AddColumnOp) or op.column.nullable or op.column.server_default is not None:
                continue
            filling = filling_of(op.column)
            column: Any = sa.Column(op.column.name, op.column.type, nullable=filling is None, server_default=filling)
            op.column = column
            if filling is None:
                close = ops.AlterColumnOp(
                    op.table_name, column.name, schema=op.schema, existing_type=column.type, modify_nullable=False
                )
                rewritten.append(close)
        container.ops = rewritten


def filling_of(column: Any) -> Any:
    """The column's plain default as the database would write it; None if there is none it could keep."""
    value = column.default.arg if column.default is not None and column.default.is_scalar else None
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, bool):
        return sa.text("true" if value else "false")
    if isinstance(value, Decimal):
        return sa.text("0") if value == 0 else None  # SQLite counts it in another unit
    if isinstance(value, int | float) and isinstance(column.type, sa.Integer | sa.Float):
        return sa.text(str(value))
    return value if isinstance(value, str) else None


def battery_heads_needed(app: Flask, found: list[Any]) -> list[str] | None:
    """Ends of the battery branches whose tables these steps stand on, unless the project already does."""
    folders = {battery.name: folder for battery in state_of(app).batteries if (folder := folder_of(battery))}
    names = {owner for table in tables_touched(found) if (owner := owner_of(table)) in folders}
    known = expected_revisions(app)
    project = read_revisions([project_versions(app)])
    stands_on = covered(known, heads(project))
    ends = [end for name in sorted(names) for end in heads(read_revisions([folders[name]]))]
    return [end for end in ends if end not in stands_on] or None


def owner_of(table_name: str) -> str:
    table = Model.metadata.tables.get(table_name)
    return (battery_of(table) or "") if table is not None else ""


def tables_touched(found: list[Any]) -> set[str]:
    touched = {table_of(op) for op in found}
    touched |= {str(op.referent_table) for op in found if isinstance(op, ops.CreateForeignKeyOp)}
    for op in found:
        if isinstance(op, ops.CreateTableOp):
            keys = [key for column in op.columns for key in getattr(column, "foreign_keys", ())]
            keys += [key for item in op.columns for key in getattr(item, "elements", ())]
            touched |= {key.target_fullname.rpartition(".")[0] for key in keys}
    return touched
