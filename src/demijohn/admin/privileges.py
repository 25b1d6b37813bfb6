"""What the database itself lets this application write: asked once per view over a table that somebody else makes."""

from typing import Any

import sqlalchemy as sa

from demijohn.database.base import db

WRITES = frozenset({"create", "edit", "delete"})

POSTGRESQL = sa.text("""
    SELECT coalesce(pg_relation_is_updatable(found.oid, true), 0) AS mask,
           has_table_privilege(found.oid, 'INSERT') OR has_any_column_privilege(found.oid, 'INSERT') AS "create",
           has_table_privilege(found.oid, 'UPDATE') OR has_any_column_privilege(found.oid, 'UPDATE') AS edit,
           has_table_privilege(found.oid, 'DELETE') AS "delete",
           current_setting('transaction_read_only') = 'on' AS is_read_only
    FROM (SELECT to_regclass(:name) AS oid) AS found WHERE found.oid IS NOT NULL
""")
MASK = {"create": 8, "edit": 4, "delete": 16}
"""The bits of `pg_relation_is_updatable`: 1 << the command's number (PostgreSQL's nodes.h, CmdType)."""

SQLITE = sa.text("""
    SELECT m.type = 'view' AND NOT EXISTS (
        SELECT 1 FROM sqlite_master t WHERE t.type = 'trigger' AND t.tbl_name = m.name
    )
    FROM sqlite_master m WHERE m.name = :name
""")


def writable_verbs(model: Any) -> frozenset[str]:
    """Which of create, edit and delete the database takes for the model's rows: all of them for a table of our own."""
    if getattr(model, "managed", True):
        return WRITES
    mapper = sa.inspect(model)
    engine: sa.Engine = db.session.get_bind(mapper)  # type: ignore[assignment]
    ask = {"postgresql": on_postgresql, "sqlite": on_sqlite}.get(engine.dialect.name)
    return WRITES if ask is None else ask(engine, mapper.local_table)


def on_postgresql(engine: sa.Engine, table: Any) -> frozenset[str]:
    name = engine.dialect.identifier_preparer.format_table(table)
    with engine.connect() as connection:
        row = connection.execute(POSTGRESQL, {"name": name}).mappings().first()
    if row is None or row["is_read_only"]:
        return frozenset()
    return frozenset(verb for verb, bit in MASK.items() if row["mask"] & bit and row[verb])


def on_sqlite(engine: sa.Engine, table: Any) -> frozenset[str]:
    with engine.connect() as connection:
        is_fixed = connection.scalar(SQLITE, {"name": table.name})
    return frozenset() if is_fixed else WRITES
