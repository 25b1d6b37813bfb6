"""The table of invitations."""

from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn.auth.columns import EmailAddress
from demijohn.auth.models import Role, UserBase, owned, user_class
from demijohn.clock import now
from demijohn.database.base import Model

State = Literal["pending", "accepted", "revoked", "expired"]

invitation_role = sa.Table(
    "invitation_role",
    Model.metadata,
    sa.Column("invitation_id", ForeignKey("invitation.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True, index=True),
    info={"battery": "auth"},
)


class Invitation(Model):
    """One address that may make an account; the mailed token is a `OneTimeToken` that names this row.

    Attributes:
        invited_by_id: who invited; None for the command line. An invitation goes when its inviter does.
        roles: what the account gets.
        expires_at: until when it can be accepted; sending it again begins anew.
    """

    __table_args__ = owned()

    email: Mapped[str] = mapped_column(EmailAddress, index=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    invited_by: Mapped[UserBase | None] = relationship(user_class)
    roles: Mapped[list[Role]] = relationship(lambda: Role, secondary=invitation_role, order_by=lambda: Role.name)

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> State:
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "pending" if self.expires_at > now() else "expired"
