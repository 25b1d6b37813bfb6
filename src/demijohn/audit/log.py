"""Writing to the log and reading it: what other batteries and projects call.

Every function is a no-op in an application without the audit battery.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn.audit.context import ActorSource, audit_of
from demijohn.audit.entries import insert, row_of, signed
from demijohn.audit.models import AuditEntry
from demijohn.audit.recorder import watch_of
from demijohn.database.base import db


def set_actor_source(app: Flask, function: ActorSource) -> None:
    """Say who is acting: `function()` returns `(user id, label)`, only the id, or None; asked at each write."""
    audit = audit_of(app)
    if audit is not None:
        audit.actor_source = function


def record(  # noqa: PLR0913 - keywords, each optional
    action: str,
    *,
    table: str | None = None,
    key: object | None = None,
    changes: Mapping[str, Any] | None = None,
    actor_id: int | None = None,
    actor: str | None = None,
) -> None:
    """Add one entry to `db.session`; it is kept or rolled back with everything else there.

    Args:
        action: a dotted name, such as `auth.sign_in`.
        table, key: the record it is about.
        changes: field -> [old, new], or field -> value; secrets are masked by name.
        actor_id, actor: who did it, where that is not the signed-in user.
    """
    row = prepared(action, table=table, key=key, changes=changes, actor_id=actor_id, actor=actor)
    if row is not None:
        db.session.add(AuditEntry(**signed(row)))


def record_once(  # noqa: PLR0913 - as `record`
    action: str,
    *,
    table: str | None = None,
    key: object | None = None,
    changes: Mapping[str, Any] | None = None,
    actor_id: int | None = None,
    actor: str | None = None,
) -> None:
    """Write one entry in a transaction of its own: for what is refused, and so leaves nothing to commit.

    On SQLite, call it before `db.session` has written: only one transaction can write at a time.
    """
    row = prepared(action, table=table, key=key, changes=changes, actor_id=actor_id, actor=actor)
    if row is not None:
        with db.engine.begin() as connection:
            insert(connection, [row])


def prepared(  # noqa: PLR0913 - as `record`
    action: str,
    *,
    table: str | None,
    key: object | None,
    changes: Mapping[str, Any] | None,
    actor_id: int | None,
    actor: str | None,
) -> dict[str, Any] | None:
    audit = audit_of()
    if audit is None:
        return None
    text = None if key is None else str(key)
    row = row_of(audit, action, table=table, key=text, changes=dict(changes or {}))
    if actor_id is not None or actor is not None:
        row |= {"actor_id": actor_id, "actor": actor}
    return row


@contextmanager
def paused(reason: str) -> Iterator[None]:
    """Changes made through `db.session` inside are not logged; that, and why, is.

    Args:
        reason: what makes it right, in words for whoever reads the log later.

    Raises:
        ValueError: no reason given.
    """
    if not reason.strip():
        raise ValueError("paused() needs a reason, such as paused('import of 2019 orders').")
    watch = watch_of(db.session())
    if watch is None:
        yield
        return
    record("audit.paused", changes={"reason": (None, reason)})
    db.session.flush()  # what was changed before is still logged
    watch.pauses += 1
    try:
        yield
        db.session.flush()
    finally:
        watch.pauses -= 1


def history(table: str, key: object) -> sa.Select[Any]:
    """Everything that happened to one record, newest first; `db.session.scalars(history("order", 7))`.

    Args:
        table: the table's name.
        key: its primary key; several columns are joined by commas.
    """
    return newest_first(sa.select(AuditEntry).where(AuditEntry.table == table, AuditEntry.key == str(key)))


def recent(*, tables: list[str] | None = None) -> sa.Select[Any]:
    """Entries newest first, of these tables only if given; limit it before you run it."""
    query = sa.select(AuditEntry)
    if tables is not None:
        query = query.where(AuditEntry.table.in_(tables))
    return newest_first(query)


def by_or_about(actor_id: int, table: str) -> sa.Select[Any]:
    """Entries of what a user did and of what happened to their own record in this table, oldest first."""
    about = sa.and_(AuditEntry.table == table, AuditEntry.key == str(actor_id))
    return sa.select(AuditEntry).where(sa.or_(AuditEntry.actor_id == actor_id, about)).order_by(AuditEntry.id)


def newest_first(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
