"""Tables of passkeys: the keys themselves, and the random handle of each owner."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.clock import now
from demijohn.database.base import Model, db


def unlogged() -> dict[str, Any]:
    """Marks a table as one of this battery's that writes its own events into the audit log."""
    return {"info": {"battery": "auth", "audit": False}}


class Passkey(Model):
    """One passkey of one user; nothing in it is secret, the secret half never leaves the device.

    Attributes:
        credential_digest: SHA-256 of the credential id, which is too long for a unique key everywhere.
        credential_id: by which the device and we name it.
        public_key: COSE form.
        sign_count: the device's counter at the last use; synced passkeys keep it at 0.
        transports: how the browser reaches the device (`internal,hybrid`).
        aaguid: the make of the device or password manager, as it says itself.
        rp_id: the host name it was made for, and works at.
        is_backup_eligible: it can be synced to other devices; never changes.
        is_backed_up: it is, as of the last use.
        flagged_at: when its counter did not rise, as if there were a copy.
    """

    __table_args__ = unlogged()

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    credential_digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1023))
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary(2048))
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[str] = mapped_column(sa.String(100), default="")
    aaguid: Mapped[str] = mapped_column(sa.String(36), default="")
    rp_id: Mapped[str] = mapped_column(sa.String(255))
    is_backup_eligible: Mapped[bool] = mapped_column(default=False)
    is_backed_up: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]
    flagged_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.name


class PasskeyOwner(Model):
    """The name by which a user's devices know their account: 64 random bytes, so that it tells nothing."""

    __table_args__ = unlogged()

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    handle: Mapped[bytes] = mapped_column(sa.LargeBinary(64))


def passkey_names(user_id: int) -> list[str]:
    """What a user calls their passkeys, oldest first."""
    return list(db.session.scalars(sa.select(Passkey.name).where(Passkey.user_id == user_id).order_by(Passkey.id)))
