"""AdminImport: one file on its way into one table."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn import clock
from demijohn.admin.jobs.models import INFO
from demijohn.database.base import Model


class AdminImport(Model):
    """One file on its way into one table, of one person.

    Attributes:
        view: the endpoint of the list it goes into.
        digest: SHA-256 of the file, by which the same file is known again.
        encoding, delimiter: how a text file is read.
        headers: the first row; `rows`: how many follow.
        mapping: position of a column -> field of the form.
        key: the field by which a row finds its record; empty where every row is a new one.
        mode: `both`, `create` or `update`.
        is_whole: all rows or none, instead of what can be.
        state: `uploaded`, `checking`, `checked`, `running`, `done`, `stopped`, `undoing` or `undone`.
        counts: how many rows are `new`, `changed`, `same` and `wrong`.
        found_id: the file with what the check found, row by row; `problems_id`: the one with the rows to correct.
        at_row: the last row that was written, committed together with it.
    """

    __tablename__ = "admin_import"
    __table_args__ = INFO

    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    view: Mapped[str] = mapped_column(sa.String(128), index=True)
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admin_file.id", ondelete="SET NULL"))
    file_name: Mapped[str]
    digest: Mapped[str] = mapped_column(sa.String(64))
    encoding: Mapped[str] = mapped_column(sa.String(32), default="")
    delimiter: Mapped[str] = mapped_column(sa.String(1), default="")
    headers: Mapped[list[str]] = mapped_column(sa.JSON)
    rows: Mapped[int] = mapped_column(default=0)
    mapping: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    key: Mapped[str] = mapped_column(sa.String(128), default="")
    mode: Mapped[str] = mapped_column(sa.String(8), default="both")
    is_whole: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(sa.String(16), default="uploaded")
    counts: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    found_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admin_file.id", ondelete="SET NULL"))
    problems_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admin_file.id", ondelete="SET NULL"))
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("admin_job.id", ondelete="SET NULL"))
    at_row: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.file_name
