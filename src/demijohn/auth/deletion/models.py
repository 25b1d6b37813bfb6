"""The table of accounts that their owners want deleted."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from demijohn.auth.models import UserBase, owned, user_class
from demijohn.clock import now
from demijohn.database.base import Model


class AccountDeletion(Model):
    """One account that its owner asked to delete; without the row it stays.

    Attributes:
        due_at: from when on it is deleted; until then, and until that is done, its owner can keep it by signing in.
    """

    __table_args__ = owned()

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    due_at: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[UserBase] = relationship(user_class)

    def __str__(self) -> str:
        return f"deletion of user {self.user_id}"
