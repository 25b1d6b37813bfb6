"""What a statement wrote: its table, kind and number of rows."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from demijohn.audit.changes import is_audited
from demijohn.database.base import Model

Kind = Literal["insert", "update", "delete"]

TEXT = re.compile(
    r"\s*(?P<kind>INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?)"
    r'\s+(?P<table>[\w."`\[\]]+)',
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Written:
    """One statement; `rows` is None where the driver does not say."""

    kind: Kind
    table: str
    rows: int | None


def written_by(statement: Any, multi: Any, result: Any) -> Written | None:
    """What this statement wrote; None for one that only reads, and for tables that are not logged."""
    found = from_core(statement) or from_text(statement)
    if found is None:
        return None
    kind, table = found
    known = table if isinstance(table, sa.Table) else Model.metadata.tables.get(str(table))
    if known is not None and not is_audited(known):
        return None
    name = table if isinstance(table, str) else str(getattr(table, "name", table))
    return Written(kind=kind, table=name, rows=count(kind, multi, result))


def edits(statement: Any, table: str) -> bool:
    """Whether the statement changes or deletes rows of this table."""
    found = from_core(statement) or from_text(statement)
    return found is not None and found[0] != "insert" and str(getattr(found[1], "name", found[1])).lower() == table


def from_core(statement: Any) -> tuple[Kind, Any] | None:
    if isinstance(statement, sa.Insert):
        return "insert", statement.table
    if isinstance(statement, sa.Update):
        return "update", statement.table
    if isinstance(statement, sa.Delete):
        return "delete", statement.table
    return None


def from_text(statement: Any) -> tuple[Kind, Any] | None:
    """Reads SQL written by hand, as far as its first words."""
    if not isinstance(statement, str | sa.TextClause):
        return None
    match = TEXT.match(str(statement))
    if match is None:
        return None
    word = match["kind"][:6].upper()
    kind: Kind = "update" if word == "UPDATE" else "delete" if word == "DELETE" else "insert"
    return kind, re.sub(r'["`\[\]]', "", match["table"]).rpartition(".")[2]


def count(kind: Kind, multi: Any, result: Any) -> int | None:
    rows: int = result.rowcount
    if rows >= 0:
        return rows
    return len(multi) or None if kind == "insert" else None
