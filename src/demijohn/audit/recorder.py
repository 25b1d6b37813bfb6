"""Listens to `db.session` and writes the log in the same transaction.

The listeners sit on the one session class that all applications of a process share, so each first asks whether the
current application has the battery on. Nothing is kept between sessions.
"""

from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction, UOWTransaction, scoped_session

from demijohn.audit.changes import Before, changes_of, look_before
from demijohn.audit.context import Audit, audit_of
from demijohn.audit.entries import insert, row_of, rows_of
from demijohn.audit.models import AuditEntry, AuditSeal
from demijohn.audit.statements import edits, written_by
from demijohn.errors import FinalError

INFO = "demijohn.audit"
FINAL = (AuditEntry, AuditSeal)
BY_HAND = "Entries of the audit log are written by demijohn.audit.record(...), not made by hand."
REFUSED = "The audit log cannot be changed through the session; write a further entry instead."


class AuditLogIsFinalError(FinalError):
    """Somebody tried to edit or delete entries of the audit log."""


@dataclass(kw_only=True, eq=False)
class Watch:
    """What the listeners remember of one session."""

    audit: Audit
    before: Before = field(default_factory=Before)
    is_flushing: bool = False
    pauses: int = 0
    connections: list[sa.Connection] = field(default_factory=list)

    def after_execute(  # noqa: PLR0913, PLR0917 - SQLAlchemy's signature
        self, connection: sa.Connection, statement: Any, multi: Any, single: Any, options: Any, result: Any
    ) -> None:
        """Logs a statement that did not come from a flush: one row with its table, kind and count."""
        del single, options
        if self.is_flushing or self.pauses:
            return
        written = written_by(statement, multi, result)
        if written is not None:
            changes = {"rows": (None, written.rows)}
            row = row_of(self.audit, f"bulk.{written.kind}", table=written.table, key=None, changes=changes)
            insert(connection, [row])

    def before_execute(self, connection: sa.Connection, statement: Any, multi: Any, single: Any, options: Any) -> None:
        del connection, multi, single, options
        if any(edits(statement, model.__tablename__) for model in FINAL):
            raise AuditLogIsFinalError(REFUSED)


def listen(session: scoped_session[Any]) -> None:
    """Attach the listeners; asked again, nothing happens."""
    for name, function in (
        ("before_flush", before_flush),
        ("after_flush", after_flush),
        ("after_begin", after_begin),
        ("after_soft_rollback", after_soft_rollback),
        ("after_transaction_end", after_transaction_end),
    ):
        if not event.contains(session, name, function):
            event.listen(session, name, function)


def watch_of(session: Session) -> Watch | None:
    """The session's watch; None where the current application has the battery off."""
    audit = audit_of()
    if audit is None:
        return None
    found = cast("Watch | None", session.info.get(INFO))
    if found is None or found.audit is not audit:
        found = session.info[INFO] = Watch(audit=audit)
    return found


def before_flush(session: Session, flush: UOWTransaction, instances: Any) -> None:
    del flush, instances
    watch = watch_of(session)
    if watch is None:
        return
    refuse_edits(session)
    watch.before = Before() if watch.pauses else look_before(session)
    watch.is_flushing = True


def refuse_edits(session: Session) -> None:
    made = [
        one for one in session.new if isinstance(one, FINAL) and not (isinstance(one, AuditEntry) and one.signature)
    ]
    if made:
        raise AuditLogIsFinalError(BY_HAND)
    touched = [one for one in session.dirty if isinstance(one, FINAL) and session.is_modified(one)]
    if touched or any(isinstance(one, FINAL) for one in session.deleted):
        raise AuditLogIsFinalError(REFUSED)


def after_flush(session: Session, flush: UOWTransaction) -> None:
    watch = watch_of(session)
    if watch is None:
        return
    if not watch.pauses:
        changes = list(changes_of(session, flush, watch.before))
        if changes:
            insert(session.connection(bind_arguments={"mapper": AuditEntry}), rows_of(watch.audit, changes))
    watch.before = Before()
    watch.is_flushing = False


def after_soft_rollback(session: Session, transaction: SessionTransaction) -> None:
    """A flush that failed never reaches `after_flush`."""
    del transaction
    watch = session.info.get(INFO)
    if watch is not None:
        watch.before = Before()
        watch.is_flushing = False


def after_begin(session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
    """Watch the statements of this transaction's connection."""
    del transaction
    watch = watch_of(session)
    if watch is None or connection in watch.connections:
        return
    watch.connections.append(connection)
    connection.execution_options(preserve_rowcount=True)  # SQLAlchemy forgets how many rows an INSERT made
    event.listen(connection, "before_execute", watch.before_execute)
    event.listen(connection, "after_execute", watch.after_execute)


def after_transaction_end(session: Session, transaction: SessionTransaction) -> None:
    watch = session.info.get(INFO)
    if watch is None or transaction.parent is not None:
        return
    for connection in watch.connections:
        event.remove(connection, "before_execute", watch.before_execute)
        event.remove(connection, "after_execute", watch.after_execute)
    watch.connections.clear()
