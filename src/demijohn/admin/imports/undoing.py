"""Taking an import back: what it made is deleted, what it changed holds again what it held, unless touched since."""

from typing import Any

import sqlalchemy as sa
from flask import g

from demijohn.admin.history import has_audit
from demijohn.admin.imports.models import AdminImport
from demijohn.admin.imports.running import job_of
from demijohn.admin.jobs.runner import JobKind
from demijohn.admin.jobs.work import Work
from demijohn.admin.keys import parse_key
from demijohn.admin.kinds import mapper_of
from demijohn.auth.rows import forget_rows
from demijohn.database.base import db

UNDO = "admin.import.undo"
TOLD = 50
"""Records that were left, of which the page says why."""

SINCE = "Somebody changed it since."
GONE = "It is gone."
NOT_YOURS = "You may not do this to it."
NOT_KEPT = "The log does not hold what it was."


def undo(view: Any, job: AdminImport, work: Work | None = None) -> None:
    """Take back every change of the import that nobody has touched since, each in a transaction of its own."""
    import_id, ids = job.id, entries_of(view.table, job)
    before, g.request_id = g.get("request_id"), f"import-{job.id}-undo"
    undone, left = 0, 0
    reasons: list[list[str]] = []
    try:
        for entry_id in ids:
            title, problem = undo_one(view, entry_id)
            undone += problem is None
            if problem is not None:
                left += 1
                reasons += [[title, problem]] if len(reasons) < TOLD else []
            if work is not None:
                work.step()
    finally:
        g.request_id = before
    found = db.session.get(AdminImport, import_id)
    if found is not None:
        found.state = "undone"
        found.counts = {**found.counts, "undone": undone, "left": left, "reasons": reasons}
        db.session.commit()


def entries_of(table: str, job: AdminImport) -> list[int]:
    """What the audit log holds of the import, newest first."""
    if not has_audit():
        return []
    from demijohn.audit.models import AuditEntry

    wanted = sa.select(AuditEntry.id).where(
        AuditEntry.at >= job.created_at,
        AuditEntry.table == table,
        AuditEntry.request_id == f"import-{job.id}",
        AuditEntry.action.in_(["create", "update"]),
    )
    found = list(db.session.scalars(wanted.order_by(AuditEntry.id.desc())))
    db.session.rollback()
    return found


def undo_one(view: Any, entry_id: int) -> tuple[str, str | None]:
    """Take back one entry; the record's name, and why not."""
    from demijohn.audit.log import history
    from demijohn.audit.models import AuditEntry

    entry = db.session.get_one(AuditEntry, entry_id)
    title, parts = str(entry.key), str(entry.key).split(",")
    forget_rows()
    key = parse_key(view.model, tuple(parts) if len(mapper_of(view.model).primary_key) > 1 else entry.key)
    record = view.get_one(key) if key is not None else None
    if record is None or not view.lock(record):
        db.session.rollback()
        return title, GONE
    title = str(record)
    latest = db.session.scalars(history(view.table, entry.key).limit(1)).first()
    is_latest = latest is not None and latest.id == entry_id
    problem = take_back(view, entry, record) if is_latest else SINCE
    if problem is not None:
        db.session.rollback()
    return title, problem


def take_back(view: Any, entry: Any, record: Any) -> str | None:
    """Delete what was made, set back what was changed, and commit; why not, in words, or None."""
    if entry.action == "create":
        if not view.can_delete or not view.permits("delete", record):
            return NOT_YOURS
        refused = view.try_delete([record])
        if refused is not None:
            return str(refused.get("message") or refused["blockers"][0].text)
        view.after_model_delete(record)
        return None
    if not view.can_edit or not view.permits("edit", record):
        return NOT_YOURS
    plans = list(view.plans_for(record, entry))
    if any(plan.state in {"changed", "lost"} for plan in plans):
        return NOT_KEPT

    def change() -> None:
        for plan in plans:
            setattr(record, plan.name, plan.value)

    why: str | None = view.write_again(record, change, entry, is_created=False)
    return why


def run_undo(work: Work) -> None:
    """The undo, as a job."""
    view, job = job_of(work)
    work.total, work.result_label = len(entries_of(view.table, job)), "See what was taken back"
    work.say("Taking back")
    undo(view, job, work)
    work.message = "The import was taken back."


UNDO_JOB = JobKind(name=UNDO, run=run_undo, goes_on=False)
