"""The grants of a role that queries are read by on PostgreSQL: every table, without the columns that hold secrets."""

from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.dialects import postgresql

from demijohn.admin.queries.closed import closed_columns
from demijohn.database.base import db

QUOTE = postgresql.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]


def grants(app: Flask, role: str) -> Iterator[str]:
    """Statements for the owner of the tables to run: of each table that is there, the columns that a query may read."""
    is_closed = closed_columns(app)
    inspector = sa.inspect(db.engine)
    name = QUOTE(role)
    schema = inspector.default_schema_name or "public"
    yield f"CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT;"
    yield f"ALTER ROLE {name} SET default_transaction_read_only = on;"
    yield f"GRANT USAGE ON SCHEMA {QUOTE(schema)} TO {name};"
    for table in sorted([*inspector.get_table_names(), *inspector.get_view_names()]):
        columns = [column["name"] for column in inspector.get_columns(table)]
        readable = ", ".join(QUOTE(column) for column in columns if not is_closed(table, column))
        yield f"REVOKE ALL ON {QUOTE(schema)}.{QUOTE(table)} FROM {name};"
        if readable:
            yield f"GRANT SELECT ({readable}) ON {QUOTE(schema)}.{QUOTE(table)} TO {name};"
