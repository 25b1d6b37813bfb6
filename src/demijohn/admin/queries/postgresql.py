"""A query on PostgreSQL: a read-only transaction of a role that may read no secret, asked before each query.

The query becomes the body of `DECLARE … CURSOR`, sent by the extended protocol: one statement, and a SELECT.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from demijohn.admin.queries.answers import Answer, Limits, QueryRefused, fetched
from demijohn.admin.queries.closed import IsClosed
from demijohn.admin.queries.parameters import Numbered, numbered
from demijohn.admin.words import gettext
from demijohn.database.timelimit import QUERY_CANCELED

CURSOR = "demijohn_query"
CONNECT_SECONDS = 5
NAMED = 3
READABLE = """
    SELECT c.relname, a.attname
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
      AND n.nspname NOT LIKE 'pg\\_temp%' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
      AND pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')
    ORDER BY 1, 2
"""
TOO_MIGHTY = """
    SELECT rolsuper OR pg_catalog.has_function_privilege('pg_catalog.pg_read_file(text)', 'EXECUTE')
        OR pg_catalog.has_function_privilege('pg_catalog.lo_import(text)', 'EXECUTE')
    FROM pg_catalog.pg_roles WHERE rolname = current_user
"""


def read_postgresql(
    url: sa.URL, sql: str, values: Mapping[str, str | None], *, limits: Limits, is_closed: IsClosed
) -> Answer:
    """What the query answers.

    Raises:
        QueryRefused: PostgreSQL refused it, the time was up, or the role may read secrets (then nothing is run).
    """
    import psycopg

    query = numbered(sql)
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(address, connect_timeout=CONNECT_SECONDS) as connection:
            connection.read_only = True
            set_limit(connection, limits)
            refuse_loose_role(connection, is_closed)
            with psycopg.RawServerCursor(connection, CURSOR) as cursor:
                cursor.execute(query.text.encode(), [values.get(name) for name in query.names])
                names = [column.name for column in cursor.description or ()]
                rows, has_more = fetched(cursor, limits)
            connection.rollback()
    except psycopg.Error as error:
        raise fault_of(error, query) from error
    return Answer(names=names, rows=rows, has_more=has_more)


def set_limit(connection: Any, limits: Limits) -> None:
    milliseconds = f"{max(1, int(limits.seconds * 1_000))}ms"
    connection.execute("SELECT pg_catalog.set_config('statement_timeout', %s, true)", [milliseconds])


def refuse_loose_role(connection: Any, is_closed: IsClosed) -> None:
    """Raise if the role may read what no query may: only the database can keep a query from it."""
    open_secrets = [f"{table}.{column}" for table, column in connection.execute(READABLE) if is_closed(table, column)]
    is_mighty = connection.execute(TOO_MIGHTY).fetchone()[0]
    if open_secrets or is_mighty:
        what = ", ".join([*open_secrets[:NAMED], *(["…"] if len(open_secrets) > NAMED else [])]) or "files"
        raise QueryRefused(
            gettext(
                "Nothing was run: the role that queries are read by may read %(what)s. "
                "`flask sql role` writes the grants of one that may not, for admin.sql.url.",
                what=what,
            )
        )


def fault_of(error: Any, query: Numbered) -> QueryRefused:
    """PostgreSQL's words, with the place in the text that was written."""
    if error.sqlstate == QUERY_CANCELED:
        return QueryRefused(gettext("This took too long."), is_late=True)
    said = error.diag.message_primary or str(error).splitlines()[0]
    hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
    place = error.diag.statement_position
    if place is None:
        return QueryRefused(f"{said}.{hint}" if not said.endswith(".") else said + hint)
    before = len(f'DECLARE "{CURSOR}" CURSOR FOR ')
    return QueryRefused(said + hint, position=max(query.origin(int(place) - 1 - before), 0))
