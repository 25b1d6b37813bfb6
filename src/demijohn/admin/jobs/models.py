"""AdminJob, one piece of slow work, and AdminFile, what such work reads and makes, kept in parts in the database."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import clock
from demijohn.database.base import Model
from demijohn.database.types import LongText

INFO = {"info": {"battery": "admin", "audit": False}}


class AdminJob(Model):
    """One piece of slow work, of one person.

    Attributes:
        kind: the name of the function that does it.
        arguments: what that is called with, as JSON.
        kept: what the function wrote down to go on from.
        owner_id: whose rights it has, and who is told.
        actor_id, actor: what the audit log calls whoever asked for it.
        state: `queued`, `running`, `done`, `failed`, `interrupted` or `cancelled`.
        wants_cancel: somebody asked it to stop; it does at its next step.
        done, total: how far it is; no total while nobody knows.
        message: in words, for its owner.
        result_url, result_label: where the outcome is, and what the link to it says.
        lease: the process that does it now; `heartbeat_at`: when that was last heard of.
    """

    __tablename__ = "admin_job"
    __table_args__ = (sa.Index("ix_admin_job_state_heartbeat_at", "state", "heartbeat_at"), INFO)

    kind: Mapped[str] = mapped_column(sa.String(64))
    title: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    kept: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    actor_id: Mapped[int | None]
    actor: Mapped[str | None] = mapped_column(sa.String(320))
    state: Mapped[str] = mapped_column(sa.String(16), default="queued")
    wants_cancel: Mapped[bool] = mapped_column(default=False)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    message: Mapped[LongText] = mapped_column(default="")
    result_url: Mapped[str | None] = mapped_column(sa.String(1000))
    result_label: Mapped[str] = mapped_column(sa.String(80), default="")
    lease: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.title


class AdminFile(Model):
    """A private file: an upload to be imported, an export to be fetched.

    Attributes:
        permission: what whoever fetches it must still hold; empty for none.
        expires_at: from then on nobody gets it, and it is deleted soon after.
        is_whole: whether every part has been written.
    """

    __tablename__ = "admin_file"
    __table_args__ = INFO

    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    mimetype: Mapped[str] = mapped_column(sa.String(100))
    permission: Mapped[str] = mapped_column(sa.String(128), default="")
    size: Mapped[int] = mapped_column(default=0)
    is_whole: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AdminFilePart(Model):
    """A piece of a file."""

    __tablename__ = "admin_file_part"
    __table_args__ = INFO

    file_id: Mapped[int] = mapped_column(sa.ForeignKey("admin_file.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
