"""A lock that lasts, or a database that is away, is a 503 with Retry-After: the request may be sent again."""

import sqlite3
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict, ServiceUnavailable

from demijohn.database.base import db

RETRY_AFTER_SECONDS = 5
SQLITE_BUSY = {5, 6}  # SQLITE_BUSY and SQLITE_LOCKED, https://sqlite.org/rescode.html
SQLSTATE_BUSY = {"55P03", "40P01", "40001", "53300"}
"""lock_not_available, deadlock_detected, serialization_failure, too_many_connections (PostgreSQL, appendix A)."""
SQLSTATE_AWAY = ("08", "57P")
"""Connection exceptions and operator intervention (shutdown, starting up)."""
SQLSTATE_READ_ONLY = "25006"
"""read_only_sql_transaction: a standby that has not taken over yet, or a database that was told to take no writes."""

WORDS = {
    "busy": "The database is busy.",
    "away": "The database cannot be reached.",
    "read-only": "The database takes no changes at the moment.",
}


def why_unavailable(error: BaseException | None) -> str | None:
    """`busy`, `away` or `read-only` if trying again may help, None for any other error."""
    if isinstance(error, PoolTimeoutError):
        return "busy"
    if not isinstance(error, DBAPIError):
        return None
    driver = error.orig
    if isinstance(driver, sqlite3.OperationalError):
        return "busy" if (driver.sqlite_errorcode or 0) & 0xFF in SQLITE_BUSY else None
    sqlstate = getattr(driver, "sqlstate", None)
    if sqlstate in SQLSTATE_BUSY:
        return "busy"
    if sqlstate == SQLSTATE_READ_ONLY:
        return "read-only"
    is_away = sqlstate.startswith(SQLSTATE_AWAY) if sqlstate else isinstance(error, OperationalError)
    return "away" if is_away else None


def answer_unavailable(error: Any) -> Any:
    """503 for a busy or absent database; anything else goes on as it was."""
    why = why_unavailable(error)
    if why is None:
        raise error
    db.session.rollback()
    words = WORDS[why]
    current_app.logger.warning("%s (%s) Answered 503.", words, type(getattr(error, "orig", error)).__name__)
    return current_app.handle_http_exception(
        ServiceUnavailable(f"{words} Please try again in a moment.", retry_after=RETRY_AFTER_SECONDS)
    )


STALE = "Somebody else changed this record meanwhile. Load it again, then make your change."


def answer_stale(error: StaleDataError) -> Any:
    """409 where a record was changed or deleted between its reading and its writing (`Versioned`)."""
    db.session.rollback()
    current_app.logger.warning("%s Answered 409.", error)
    return current_app.handle_http_exception(Conflict(STALE))


def answer_locks(app: Flask) -> None:
    """Turn errors of a busy database into 503 and lost races into 409, whichever view or extension they come from."""
    app.register_error_handler(StaleDataError, answer_stale)
    app.register_error_handler(DBAPIError, answer_unavailable)
    app.register_error_handler(PoolTimeoutError, answer_unavailable)
