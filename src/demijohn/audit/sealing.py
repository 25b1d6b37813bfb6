"""Closes entries into the next seal of the chain, on a connection of its own.

Which entries a seal holds is written down id by id, so nothing depends on the order in which transactions commit: an
entry that becomes visible late goes into a later seal. Nothing but INSERT is needed, so the database can refuse
everything else to the application's role.
"""

import hashlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from demijohn import clock
from demijohn.audit.context import KEY, Audit
from demijohn.audit.models import ENTRIES, SEALS
from demijohn.audit.reading import PAGE, Unreadable, Values, entries_in, entries_outside, newest_seal, pages
from demijohn.audit.signing import entry_hash, is_own_entry, is_own_seal, seal_hash, sign_seal
from demijohn.audit.spans import Span, contains, gaps, joined, spans_of
from demijohn.database.base import db

BATCH = 1_000
LEAF_BYTES = 8
LOOKS_BACK = 50
"""Seals between whose entries late ones are looked for each time; every hundredth time the whole log is."""
LOOKS_AT_ALL = 100

log = logging.getLogger(__name__)


class LostKeyError(RuntimeError):
    """The newest seal was not made with a key of this application: adding to it would vouch for what nobody checked."""


def head_of(seal: Values | None) -> str | None:
    """The end of the chain in words that can be kept elsewhere: `<number>:<hash>`."""
    return None if seal is None else f"{seal['number']}:{seal_hash(seal)}"


def seal_when_due(app: Flask) -> int:
    """One seal, if the newest is old enough or many entries wait; how many entries it holds."""
    audit: Audit = app.extensions[KEY]
    with db.engine.connect() as connection:
        newest = newest_seal(connection)
        due = clock.now() - timedelta(seconds=audit.section.seal_seconds)
        if newest is not None and newest["at"] > due and newest["at"] <= clock.now():
            many = connection.scalar(
                sa.select(ENTRIES.c.id).where(ENTRIES.c.id > last_id(newest)).offset(BATCH - 1).limit(1)
            )
            if many is None:
                return 0
    return seal_next(app)


def last_id(seal: Values) -> int:
    return max((last for _, last in seal["ids"]), default=0)


def seal_next(app: Flask, *, thoroughly: bool = False, on_trust: bool = False) -> int:
    """One seal over the oldest entries that have none, at most a thousand; how many it holds.

    0 if there is nothing to seal, or if another process made this seal first.

    Args:
        thoroughly: look for late entries in the whole log, however long it is.
        on_trust: seal whatever is there, also what no key of this application signed.

    Raises:
        LostKeyError: the newest seal is not this application's.
    """
    try:
        with db.engine.begin() as connection:
            newest = newest_seal(connection)
            if not on_trust and newest is not None and not is_own_seal(app, newest):
                raise LostKeyError(f"seal {newest['number']} was not made with a key of this application.")
            number = 1 if newest is None else newest["number"] + 1
            rows = waiting(app, connection, everything=thoroughly or number % LOOKS_AT_ALL == 0, on_trust=on_trust)
            kind = "on trust" if on_trust else "entries"
            made = append(app, connection, newest, kind=kind, rows=rows) if rows else None
    except IntegrityError:
        return 0
    if made is not None:
        log.info("audit log sealed: %s entries, head %s", len(rows), head_of(made))
    return len(rows)


def waiting(app: Flask, connection: sa.Connection, *, everything: bool, on_trust: bool) -> list[Values]:
    """The entries of the next seal."""
    sealed = sealed_spans(connection, None if everything or on_trust else LOOKS_BACK)
    if on_trust:
        found = entries_outside(connection, sealed)
        return list(islice((row for row in found if not isinstance(row, Unreadable)), BATCH))
    return genuine(app, connection, sealed, everything=everything)


def sealed_spans(connection: sa.Connection, newest: int | None = None) -> list[Span]:
    """The ids of entries in all seals, or in the newest ones."""
    query = sa.select(SEALS.c.ids).order_by(SEALS.c.number.desc()).limit(newest)
    return joined(span for ids in connection.scalars(query) for span in ids)


def entries_since(connection: sa.Connection, sealed: list[Span]) -> Iterator[Values | Unreadable]:
    """Entries between and after those that are sealed, oldest first."""
    yield from entries_in(connection, gaps(sealed))
    yield from pages(connection, ENTRIES, ENTRIES.c.id > sealed[-1][1] if sealed else sa.true())


def genuine(app: Flask, connection: sa.Connection, sealed: list[Span], *, everything: bool) -> list[Values]:
    """A batch of entries that this application wrote; others are left alone, for `flask audit verify` to name."""
    rows: list[Values] = []
    candidates = entries_outside(connection, sealed) if everything else entries_since(connection, sealed)
    while len(rows) < BATCH and (some := list(islice(candidates, PAGE))):
        own = [row for row in some if not isinstance(row, Unreadable) and is_own_entry(app, row)]
        repeated = copies(connection, own, sealed)
        rows += [row for row in own if row["id"] not in repeated]
        strange = len(some) - len(own) + len(repeated)
        if strange:
            log.error("audit log: %s entries were not written by this application; see: flask audit verify", strange)
    return rows[:BATCH]


def copies(connection: sa.Connection, rows: list[Values], sealed: list[Span]) -> set[int]:
    """Ids of those entries that repeat another one, signature and all: a sealed one, or one with a lower id."""
    if not rows:
        return set()
    moments = {row["at"] for row in rows}
    same = sa.select(ENTRIES.c.id, ENTRIES.c.signature).where(ENTRIES.c.at.in_(moments))
    twins: dict[str, list[int]] = {}
    for found in connection.execute(same):
        twins.setdefault(found.signature or "", []).append(found.id)
    return {
        row["id"]
        for row in rows
        if any(twin < row["id"] or (twin != row["id"] and contains(sealed, twin)) for twin in twins[row["signature"]])
    }


def append(  # noqa: PLR0913 - keywords
    app: Flask,
    connection: sa.Connection,
    newest: Values | None,
    *,
    kind: str,
    rows: list[Values],
    facts: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Insert the seal that follows the newest; fails with IntegrityError if somebody was quicker."""
    rows = sorted(rows, key=lambda row: int(row["id"]))
    hashes = [entry_hash(row) for row in rows]
    values: dict[str, Any] = {
        "number": 1 if newest is None else newest["number"] + 1,
        "at": clock.now(),
        "kind": kind,
        "ids": spans_of(row["id"] for row in rows),
        "count": len(rows),
        "content": hashlib.sha256(b"".join(hashes)).hexdigest(),
        "leaves": b"".join(one[:LEAF_BYTES] for one in hashes),
        "facts": facts or {},
        "previous": "" if newest is None else seal_hash(newest),
    }
    values["signature"] = sign_seal(app, values)
    connection.execute(sa.insert(SEALS).values(values))
    return values
