"""AuditEntry, one line of the log, and AuditSeal, one link of the chain that holds the lines.

Both are written once; nothing edits or deletes them through `db.session`.
"""

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
        signature: proves that this application wrote exactly this; None in logs older than signatures.
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
    signature: Mapped[str | None] = mapped_column(sa.String(96))

    def __str__(self) -> str:
        subject = " ".join(part for part in (self.table, self.key) if part)
        return f"{self.action} {subject}".strip()


class AuditSeal(Model):
    """A batch of entries, closed: names each and its hash, holds the hash of the seal before, and is signed.

    Attributes:
        number: 1, 2, 3 and so on without a gap; the key, so that of two processes one makes it.
        kind: `entries`; `on trust` (sealed on an administrator's word, whoever signed them); `pruned` (holds none, and
            says which seals at the beginning were dropped).
        ids: the entries, as [[first, last], …] in order.
        content: SHA-256 over the hashes of the entries.
        leaves: the first bytes of each entry's hash, to say which one was changed.
        facts: what the kind has to say besides.
        previous: the hash of the seal before; empty in the first.
    """

    __tablename__ = "audit_seal"
    __table_args__ = {"info": {"battery": "audit", "audit": False}}

    number: Mapped[int] = mapped_column(KEY, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[str] = mapped_column(sa.String(16), index=True)
    ids: Mapped[list[list[int]]] = mapped_column(sa.JSON)
    count: Mapped[int]
    content: Mapped[str] = mapped_column(sa.String(64))
    leaves: Mapped[bytes] = mapped_column(sa.LargeBinary)
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    previous: Mapped[str] = mapped_column(sa.String(64))
    signature: Mapped[str] = mapped_column(sa.String(64))

    def __str__(self) -> str:
        return f"seal {self.number}"


ENTRIES: sa.Table = Model.metadata.tables[AuditEntry.__tablename__]
SEALS: sa.Table = Model.metadata.tables[AuditSeal.__tablename__]
