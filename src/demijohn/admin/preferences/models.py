"""Preference, one thing that one person arranged."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.database.base import Model


class Preference(Model):
    """What a person chose under a name.

    Attributes:
        name: `columns:<endpoint>` for the columns of a list, `board` for the first page.
        value: the choice, as JSON.
    """

    __tablename__ = "admin_preference"
    __table_args__ = (sa.UniqueConstraint("user_id", "name"), {"info": {"battery": "admin", "audit": False}})

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(sa.String(160))
    value: Mapped[Any] = mapped_column(sa.JSON)

    def __str__(self) -> str:
        return self.name
