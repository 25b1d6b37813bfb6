"""The tables of two-step sign-in. The log has events about them, not their columns."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.clock import now
from demijohn.database.base import Model

UNLOGGED = {"battery": "auth", "audit": False}


class TotpFactor(Model):
    """An app that shows a new code every 30 seconds; only a confirmed one has a row.

    Attributes:
        sealed_secret: opened with `totp.opened` only.
        last_step: the time step (30 seconds since 1970) of the last code that was used; only a later one counts.
    """

    __table_args__ = {"info": UNLOGGED.copy()}

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    sealed_secret: Mapped[bytes] = mapped_column(sa.LargeBinary())
    last_step: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)


class RecoveryCode(Model):
    """A code that works once in place of a second factor; used ones have no row."""

    __table_args__ = {"info": UNLOGGED.copy()}

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)


class TrustedDevice(Model):
    """A browser that is not asked for a second factor until the moment given.

    Attributes:
        stamp: the user's security stamp then; another one (new password, disabled, other roles) ends the trust.
    """

    __table_args__ = {"info": UNLOGGED.copy()}

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    stamp: Mapped[str] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    agent: Mapped[str] = mapped_column(default="")
