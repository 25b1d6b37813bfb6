"""How many rows a list has: exact where that is cheap, from the database's statistics for a big table, else a limit."""

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

COUNT_LIMIT = 10_000
"""Rows that are counted for a page; more are estimated, or "more than 10,000". Our choice."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """A number of rows, and how well it is known."""

    rows: int
    known: Literal["exact", "about", "more"] = "exact"

    def __str__(self) -> str:
        if self.known == "exact":
            return f"{self.rows:,}"
        return f"about {rounded(self.rows):,}" if self.known == "about" else f"more than {self.rows:,}"


def count_text(count: int | None) -> str:
    """A number of rows for people that was counted up to COUNT_LIMIT."""
    if count is None:
        return ""
    return str(Total(rows=count) if count <= COUNT_LIMIT else Total(rows=COUNT_LIMIT, known="more"))


def rounded(number: int) -> int:
    """An estimate without the digits that nobody knows: two of them count, three from a million on."""
    return round(number, 2 - len(str(number)) if number < 1_000_000 else 3 - len(str(number)))


def total_of(session: Session, keys: Any, *, bare_table: sa.Table | None) -> Total:
    """The number of rows of a query, counted up to COUNT_LIMIT; beyond it, the statistics of the table if it is bare.

    Args:
        session: the session to ask.
        keys: the query, for its keys alone.
        bare_table: the table that the query reads without any condition; None if it has one.
    """
    capped = keys.order_by(None).limit(COUNT_LIMIT + 1).subquery()
    counted = int(session.scalar(sa.select(sa.func.count()).select_from(capped)) or 0)
    if counted <= COUNT_LIMIT:
        return Total(rows=counted)
    estimate = estimated_rows(session, bare_table) if bare_table is not None else 0
    return Total(rows=estimate, known="about") if estimate > COUNT_LIMIT else Total(rows=COUNT_LIMIT, known="more")


def exact_total(session: Session, keys: Any) -> Total:
    """The number of rows of a query, however long that takes."""
    every = sa.select(sa.func.count()).select_from(keys.order_by(None).subquery())
    return Total(rows=int(session.scalar(every) or 0))


def estimated_rows(session: Session, table: sa.Table) -> int:
    """What the database's own statistics say of a table's size; 0 if they say nothing."""
    ask = ESTIMATES.get(session.get_bind(clause=table).dialect.name)
    return ask(session, table) if ask is not None else 0


def _postgresql(session: Session, table: sa.Table) -> int:
    name = f'"{table.name}"' if table.schema is None else f'"{table.schema}"."{table.name}"'
    wanted = sa.text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)").bindparams(name=name)
    return max(0, int(session.execute(wanted, bind_arguments={"clause": table}).scalar() or 0))


def _sqlite(session: Session, table: sa.Table) -> int:
    wanted = sa.text("SELECT stat FROM sqlite_stat1 WHERE tbl = :name ORDER BY length(stat) DESC LIMIT 1")
    try:
        found = session.execute(wanted.bindparams(name=table.name), bind_arguments={"clause": table}).scalar()
    except sa.exc.OperationalError:  # nobody has run ANALYZE yet
        return 0
    first = str(found or "").partition(" ")[0]
    return int(first) if first.isdecimal() else 0


def _mysql(session: Session, table: sa.Table) -> int:
    wanted = sa.text(
        "SELECT table_rows FROM information_schema.tables WHERE table_schema = coalesce(:schema, database())"
        " AND table_name = :name"
    ).bindparams(schema=table.schema, name=table.name)
    return int(session.execute(wanted, bind_arguments={"clause": table}).scalar() or 0)


ESTIMATES = {"postgresql": _postgresql, "sqlite": _sqlite, "mysql": _mysql, "mariadb": _mysql}
