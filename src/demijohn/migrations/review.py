"""What a migration does, in words: which steps lose data, look like a rename, only add, or hold a lock."""

from collections.abc import Callable, Iterator
from typing import Any

from alembic.operations import ops

Empty = Callable[[str], bool]
"""Whether the table of this name has no rows."""

LOCKS: dict[type, str] = {
    ops.CreateTableOp: "none on existing tables (SHARE ROW EXCLUSIVE for a moment on those its foreign keys refer to)",
    ops.DropTableOp: "ACCESS EXCLUSIVE: nobody reads or writes it meanwhile; a moment",
    ops.AddColumnOp: "ACCESS EXCLUSIVE, a moment whatever the number of rows",
    ops.DropColumnOp: "ACCESS EXCLUSIVE, a moment whatever the number of rows",
    ops.AlterColumnOp: "ACCESS EXCLUSIVE while all rows are checked or rewritten",
    ops.CreateIndexOp: "SHARE: nobody writes while it is built",
    ops.DropIndexOp: "ACCESS EXCLUSIVE, a moment",
    ops.CreateUniqueConstraintOp: "ACCESS EXCLUSIVE while its index is built",
    ops.CreateForeignKeyOp: "SHARE ROW EXCLUSIVE on both tables: nobody writes while all rows are checked",
    ops.CreateCheckConstraintOp: "ACCESS EXCLUSIVE while all rows are checked",
    ops.DropConstraintOp: "ACCESS EXCLUSIVE, a moment",
}
"""Source: PostgreSQL 15, "Explicit Locking" and the notes of ALTER TABLE."""


def steps(upgrade_ops: Any) -> list[Any]:
    """The single operations, in order."""

    def flat(op: Any) -> Iterator[Any]:
        if isinstance(op, ops.OpContainer):
            for inner in op.ops:
                yield from flat(inner)
        else:
            yield op

    return list(flat(upgrade_ops))


SAYINGS: dict[type, Callable[[Any], str]] = {
    ops.CreateTableOp: lambda op: f"create table {op.table_name}",
    ops.DropTableOp: lambda op: f"drop table {op.table_name}",
    ops.AddColumnOp: lambda op: f"add column {op.table_name}.{op.column.name}",
    ops.DropColumnOp: lambda op: f"drop column {op.table_name}.{op.column_name}",
    ops.AlterColumnOp: lambda op: f"change column {op.table_name}.{op.column_name}{alteration(op)}",
    ops.CreateIndexOp: lambda op: f"create {'unique ' if op.unique else ''}index {op.index_name} on {op.table_name}",
    ops.DropIndexOp: lambda op: f"drop index {op.index_name} of {op.table_name}",
    ops.DropConstraintOp: lambda op: f"drop constraint {op.constraint_name} of {op.table_name}",
    ops.CreateForeignKeyOp: lambda op: (
        f"add foreign key {op.source_table}({', '.join(op.local_cols)}) to {op.referent_table}"
    ),
}


def words(op: Any) -> str:
    """One step as a person would say it."""
    said = SAYINGS.get(type(op))
    if said is not None:
        return said(op)
    name = getattr(op, "constraint_name", None) or type(op).__name__.removesuffix("Op")
    return f"add constraint {name} to {table_of(op)}"


def alteration(op: ops.AlterColumnOp) -> str:
    if op.modify_type is not None:
        return f" to {op.modify_type!r}"
    if op.modify_nullable is not None:
        return " to allow nothing" if op.modify_nullable else " to refuse nothing"
    return ""


def table_of(op: Any) -> str:
    return str(getattr(op, "source_table", None) or getattr(op, "table_name", "") or "")


def losses(found: list[Any]) -> list[str]:
    """Steps that lose data."""
    return [words(op) for op in found if isinstance(op, ops.DropTableOp | ops.DropColumnOp)]


def possible_renames(found: list[Any]) -> list[str]:
    """A drop and an addition that may be one thing under a new name, with what to write instead."""
    hints = [
        f"{gone.table_name}.{gone.column_name} goes and {new.table_name}.{new.column.name} comes; if that is a rename, "
        f"write batch_op.alter_column({gone.column_name!r}, new_column_name={new.column.name!r}) instead"
        for gone in found
        if isinstance(gone, ops.DropColumnOp)
        for new in found
        if isinstance(new, ops.AddColumnOp) and new.table_name == gone.table_name and same_type(gone, new)
    ]
    hints += [
        f"table {gone.table_name} goes and {new.table_name} comes with the same columns; if that is a rename, "
        f"write op.rename_table({gone.table_name!r}, {new.table_name!r}) instead"
        for gone in found
        if isinstance(gone, ops.DropTableOp)
        for new in found
        if isinstance(new, ops.CreateTableOp) and columns_of(gone.to_table()) == columns_of(new.to_table())
    ]
    return hints


def same_type(gone: ops.DropColumnOp, new: ops.AddColumnOp) -> bool:
    return bool(gone.to_column().type._type_affinity is new.column.type._type_affinity)


def columns_of(table: Any) -> set[str]:
    return {column.name for column in table.columns}


def risky_additions(found: list[Any], is_empty: Empty) -> list[str]:
    """Columns that rows already there could not get a value for."""
    must = {(op.table_name, op.column_name) for op in found if is_not_null_step(op)}
    return [
        f"{op.table_name}.{op.column.name} must have a value, and the rows of {op.table_name} have none for it; "
        "give it a default, or fill it in the revision"
        for op in found
        if isinstance(op, ops.AddColumnOp) and (op.table_name, op.column.name) in must and not is_empty(op.table_name)
    ]


def not_additions(found: list[Any], is_empty: Empty) -> list[str]:
    """Steps that do more than add, in words: what must not be applied without a look."""
    new_tables = {op.table_name for op in found if isinstance(op, ops.CreateTableOp)}
    new_columns = {(op.table_name, op.column.name) for op in found if isinstance(op, ops.AddColumnOp)}

    def is_addition(op: Any) -> bool:
        table = table_of(op)
        if isinstance(op, ops.CreateTableOp) or table in new_tables:
            return True
        if isinstance(op, ops.AddColumnOp):
            return bool(op.column.nullable or op.column.server_default is not None or is_empty(table))
        if is_not_null_step(op):
            return (table, op.column_name) in new_columns and is_empty(table)
        if isinstance(op, ops.CreateIndexOp) and not op.unique:
            return True
        return isinstance(op, ADDING) and (is_empty(table) or {(table, c) for c in columns_named(op)} <= new_columns)

    return [words(op) for op in found if not is_addition(op)]


ADDING = (ops.CreateIndexOp, ops.CreateUniqueConstraintOp, ops.CreateForeignKeyOp, ops.CreateCheckConstraintOp)


def columns_named(op: Any) -> list[str]:
    found = getattr(op, "local_cols", None) or getattr(op, "columns", None) or [""]
    return [str(getattr(column, "name", column)) for column in found]


def is_not_null_step(op: Any) -> bool:
    return isinstance(op, ops.AlterColumnOp) and op.modify_nullable is False


def locks(found: list[Any]) -> list[str]:
    """Each step on a table that exists already, with the lock it takes on PostgreSQL."""
    new = {op.table_name for op in found if isinstance(op, ops.CreateTableOp)}
    return [
        f"{words(op)}: {LOCKS.get(type(op), 'ACCESS EXCLUSIVE')}"
        for op in found
        if isinstance(op, ops.CreateTableOp) or table_of(op) not in new
    ]
