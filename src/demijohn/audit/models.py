"""AuditEntry: one line of the log. Written once; nothing edits or deletes it through `db.session`."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import clock
from demijohn.database.base import Model
from demijohn.database.types import KEY


class AuditEntry(Model):
    """What happened to one record, or one event such as a sign-in.

    Attributes:
        actor_id: the user's id, without a foreign key: the entry outlives the user.
        actor: who it was in words, as known at that moment.
        channel: `web`, `command`, `shell` or `job`.
        action: `create`, `update`, `delete`, `bulk.update`, or a dotted name such as `auth.sign_in`.
        key: the record's primary key as text; several columns are joined by commas.
        changes: field -> [old, new], as JSON values; secrets are masked.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index("ix_audit_entry_table_key", "table", "key"),
        {"info": {"battery": "audit", "audit": False}},
    )

    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    actor_id: Mapped[int | None] = mapped_column(KEY, index=True)
    actor: Mapped[str | None]
    channel: Mapped[str] = mapped_column(sa.String(16))
    request_id: Mapped[str | None] = mapped_column(sa.String(128))
    address: Mapped[str | None] = mapped_column(sa.String(64))
    action: Mapped[str] = mapped_column(sa.String(64), index=True)
    table: Mapped[str | None] = mapped_column(sa.String(128))
    key: Mapped[str | None]
    changes: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)

    def __str__(self) -> str:
        subject = " ".join(part for part in (self.table, self.key) if part)
        return f"{self.action} {subject}".strip()
