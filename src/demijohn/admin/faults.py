"""What the database or a guard said no to, in words for the person at the form; never SQL, never a value."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm.exc import StaleDataError

from demijohn.auth.guards import Refused
from demijohn.database.busy import STALE
from demijohn.errors import FinalError

TAKEN = "Already in use."
MISSING = "This field is required."
GONE = "A record that this one refers to does not exist any more."
REFUSED = "The database refused these values."
READ_ONLY = "The database lets nobody write here."

UNIQUE_VIOLATION, FOREIGN_KEY_VIOLATION, NOT_NULL_VIOLATION = "23505", "23503", "23502"
READING_ONLY = {"42501", "55000"}
"""PostgreSQL's error codes (its manual, appendix A): values that break a rule, and writes that are not for this role or
this view."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing to correct: at these columns, or at the whole form if there are none."""

    text: str
    columns: tuple[str, ...] = ()


def fault_of(error: Exception, table: sa.Table) -> Fault | None:
    """What to tell the person; None if it is no fault of what was typed."""
    if isinstance(error, Refused):
        return Fault(text=str(error), columns=(error.field,) if error.field else ())
    if isinstance(error, FinalError | StaleDataError):
        return Fault(text=STALE if isinstance(error, StaleDataError) else str(error))
    if isinstance(error, IntegrityError):
        return _broken_rule(error, table)
    if isinstance(error, DBAPIError) and is_for_reading(error.orig):
        return Fault(text=READ_ONLY)
    if isinstance(error, DataError) or (type(error) is StatementError and isinstance(error.orig, ValueError)):
        return Fault(text=REFUSED)
    return None


def is_for_reading(original: Any) -> bool:
    """Whether the database said that this may only be read."""
    text = str(original)
    return getattr(original, "sqlstate", None) in READING_ONLY or "readonly database" in text or "is a view" in text


def _broken_rule(error: IntegrityError, table: sa.Table) -> Fault:
    text, code = str(error.orig), getattr(error.orig, "sqlstate", None)
    if code == UNIQUE_VIOLATION or "UNIQUE constraint" in text or "Duplicate entry" in text:
        columns = _unique_columns(error.orig, text, table)
        return Fault(text=TAKEN if len(columns) < 2 else "This combination is already in use.", columns=columns)
    if code == NOT_NULL_VIOLATION or "NOT NULL constraint" in text:
        return Fault(text=MISSING, columns=_named_columns(error.orig, text, table))
    if code == FOREIGN_KEY_VIOLATION or "foreign key constraint" in text.lower():
        return Fault(text=GONE)
    return Fault(text=REFUSED)


def _unique_columns(original: Any, text: str, table: sa.Table) -> tuple[str, ...]:
    named = getattr(getattr(original, "diag", None), "constraint_name", None)
    named = named or next(iter(re.findall(r"for key '(?:[^'.]+\.)?([^']+)'", text)), None)
    if named is None:
        return _named_columns(original, text, table)
    if named.startswith("pk_") or named == "PRIMARY" or named.endswith("_pkey"):
        return tuple(column.name for column in table.primary_key)
    for rule in [*table.constraints, *table.indexes]:
        if _full_name(rule, table) == named:
            columns: Any = getattr(rule, "columns", ())
            return tuple(column.name for column in columns)
    return ()


def _full_name(rule: Any, table: sa.Table) -> str | None:
    name = rule.name
    if name is None and isinstance(rule, sa.UniqueConstraint):
        return f"uq_{table.name}_{'_'.join(column.name for column in rule.columns)}"
    return None if name is None else str(name)


def _named_columns(original: Any, text: str, table: sa.Table) -> tuple[str, ...]:
    column = getattr(getattr(original, "diag", None), "column_name", None)
    names = [column] if column else re.findall(rf"\b{re.escape(table.name)}\.(\w+)", text)
    return tuple(name for name in names if name in table.columns)
