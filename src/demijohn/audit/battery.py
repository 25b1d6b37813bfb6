"""The audit battery."""

from pathlib import Path

from flask import Flask

from demijohn.audit import pruning
from demijohn.audit.context import KEY, Audit
from demijohn.audit.models import AuditEntry, AuditSeal
from demijohn.audit.recorder import listen
from demijohn.audit.screen import SCREEN
from demijohn.audit.sealing import seal_when_due
from demijohn.audit.settings import AuditSettings
from demijohn.battery import Battery
from demijohn.commands import LazyGroup
from demijohn.contributions import AdminView, Job
from demijohn.database.base import db


def init(app: Flask, section: AuditSettings) -> None:
    app.extensions[KEY] = Audit(section=section)
    listen(db.session)


def models(section: AuditSettings) -> tuple[type, ...]:
    del section
    return (AuditEntry, AuditSeal)


def admin_views(section: AuditSettings) -> tuple[AdminView, ...]:
    del section
    view = AdminView(
        model=AuditEntry,
        name="Audit log",
        columns=("at", "actor", "action", "table", "key", "changes"),
        searchable=("actor", "action", "table", "key", "request_id"),
        filters=("at", "actor_id", "actor", "action", "table", "key", "channel", "address"),
        options=SCREEN,
    )
    return (view,)


battery = Battery(
    name="audit",
    section=AuditSettings,
    init=init,
    needs=("database",),
    models=models,
    commands=(LazyGroup("audit", home="demijohn.audit.cli:group", help="Read and check the audit log."),),
    templates=Path(__file__).parent / "templates",
    admin_views=admin_views,
    jobs=(
        Job(name="entries to seal", run=seal_when_due, every_seconds=60),
        Job(name="old audit entries", run=pruning.prune, waiting=pruning.waiting, prunes=True),
    ),
)
"""Logs every change through `db.session`, in the transaction that makes it."""
