"""A query on SQLite: a read-only connection of its own, whose authorizer lets nothing but reading through."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from demijohn.admin.queries.answers import Answer, Limits, QueryRefused, fetched
from demijohn.admin.queries.closed import IsClosed
from demijohn.admin.words import gettext
from demijohn.database.timelimit import STEPS

READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}
DENIED_FUNCTIONS = {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"}
WITHOUT_A_TABLE = {"sqlite_master", "sqlite_schema", "json_each", "json_tree", "generate_series"}
LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2_000_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
}
"""Longest value and statement (bytes), and so on; our choice."""
BUSY_SECONDS = 1.0
NAMED = re.compile(r'near "([^"]+)"|no such (?:column|table|function): (?:\w+\.)?(\w+)|access to (?:\w+\.)?(\w+)')


def read_sqlite(
    path: str, sql: str, values: Mapping[str, str | None], *, limits: Limits, is_closed: IsClosed
) -> Answer:
    """What the query answers.

    Raises:
        QueryRefused: SQLite refused it, or the time was up.
    """
    denied: list[str] = []
    try:
        with opened(path, limits) as connection:
            connection.set_authorizer(authorizer(tables_of(connection), is_closed, denied))
            cursor = connection.execute(sql, dict(values))
            if cursor.description is None:
                raise QueryRefused(gettext("This is no query: only SELECT is run."))
            names = [str(column[0]) for column in cursor.description]
            rows, has_more = fetched(cursor, limits)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise fault_of(error, sql, denied) from error
    return Answer(names=names, rows=rows, has_more=has_more)


@contextmanager
def opened(path: str, limits: Limits) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, and stops once the time is up."""
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        for limit, value in LIMITS.items():
            connection.setlimit(limit, value)
        end = time.monotonic() + limits.seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, STEPS)
        yield connection
    finally:
        connection.close()


def tables_of(connection: sqlite3.Connection) -> set[str]:
    """What the database holds and a query may name, in small letters."""
    rows = connection.execute("SELECT lower(name) FROM sqlite_master WHERE type IN ('table', 'view')")
    return {str(name) for (name,) in rows if not name.startswith("sqlite_")} | WITHOUT_A_TABLE


def authorizer(tables: set[str], is_closed: IsClosed, denied: list[str]) -> Callable[..., int]:
    """SQLite asks it about everything that a statement would do; what is not reading is denied."""

    def ask(action: int, first: Any, second: Any, *_: Any) -> int:
        if action in READS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            is_fine = str(second).lower() not in DENIED_FUNCTIONS
        elif action == sqlite3.SQLITE_READ:
            table = str(first).lower()
            is_fine = table in tables and not (second and table not in WITHOUT_A_TABLE and is_closed(table, second))
            if not is_fine:
                denied.append(f"{first}.{second}" if second else str(first))
        else:
            is_fine = False
        return sqlite3.SQLITE_OK if is_fine else sqlite3.SQLITE_DENY

    return ask


def fault_of(error: Exception, sql: str, denied: list[str]) -> QueryRefused:
    """SQLite's words; where they name something that stands once in the text, with its place."""
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
        return QueryRefused(gettext("This took too long."), is_late=True)
    if denied:
        return QueryRefused(gettext("%(name)s may not be read by a query.", name=denied[0]))
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_AUTH:
        return QueryRefused(gettext("This is no query: only SELECT is run."))
    found = NAMED.search(str(error))
    word = next((one for one in found.groups() if one), "") if found else ""
    places = [one.start() for one in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", sql)] if word else []
    return QueryRefused(str(error), position=places[0] if len(places) == 1 else None)
