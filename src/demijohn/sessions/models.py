"""The table of sessions."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.database.base import Model


class UserSession(Model):
    """One session; a stranger has one only once something was stored for them.

    Attributes:
        digest: SHA-256 of the id in the cookie; the id itself is nowhere.
        user_id: who is signed in; a plain number, because this battery works without accounts.
        last_seen_at: the last request that asked, to the minute.
        renewed_at: when a newer id was last issued because of age; None if it began before there was that.
        expires_at: when it ends unless it is used again.
        remember: whether the cookie outlives the browser.
        data: Flask's tagged JSON.
    """

    __table_args__: Any = {"info": {"battery": "sessions"}}

    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    renewed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    remember: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    agent: Mapped[str] = mapped_column(default="")
    data: Mapped[str] = mapped_column(sa.Text())


class RetiredSessionId(Model):
    """An id that a session had before its present one; whoever shows it later has a copy."""

    __table_args__: Any = {"info": {"battery": "sessions"}}

    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    session_id: Mapped[int] = mapped_column(sa.ForeignKey("user_session.id", ondelete="CASCADE"), index=True)
    retired_at: Mapped[datetime]


RETIRED: sa.Table = RetiredSessionId.metadata.tables[RetiredSessionId.__tablename__]
TABLE: sa.Table = UserSession.metadata.tables[UserSession.__tablename__]
