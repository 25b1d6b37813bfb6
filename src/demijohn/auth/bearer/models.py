"""The table of API tokens."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn.auth.models import UserBase, owned, user_class
from demijohn.clock import now
from demijohn.database.base import Model


class ApiToken(Model):
    """One API token; only its digest is kept.

    Attributes:
        ending: its last four characters, so that people know which one it is.
        scopes: the permissions it may use, of those its owner has, separated by spaces; None for all of them.
        last_used_at: to the minute.
    """

    __table_args__ = owned()

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    ending: Mapped[str] = mapped_column(sa.String(4))
    scopes: Mapped[str | None] = mapped_column(sa.Text())
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    last_used_at: Mapped[datetime | None]
    last_address: Mapped[str] = mapped_column(sa.String(45), default="")
    user: Mapped[UserBase] = relationship(user_class)

    def __str__(self) -> str:
        return f"{self.name} (…{self.ending})"

    @property
    def scope_set(self) -> frozenset[str] | None:
        return None if self.scopes is None else frozenset(self.scopes.split())
