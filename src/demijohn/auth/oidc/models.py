"""Whom the providers know, and which account here is theirs."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.clock import now
from demijohn.database.base import Model


class Identity(Model):
    """One person at one provider: issuer and subject are the key, an address never is. No token is kept.

    Attributes:
        provider: what the settings call the provider; only for people to read.
    """

    __tablename__ = "user_identity"
    __table_args__ = (
        sa.UniqueConstraint("issuer", "subject"),
        {"info": {"battery": "auth"}},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(sa.String(32))
    issuer: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return f"{self.provider}: {self.subject}"
