"""SavedView, what one person kept of a list."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.database.base import Model
from demijohn.database.mixins import Timestamped
from demijohn.database.types import LongText


class SavedView(Timestamped, Model):
    """A list as somebody arranged it.

    Attributes:
        list_name: the endpoint of the list's view.
        owner_id: who made it, and may change it.
        query: search, filters and order, as an address carries them (`savedviews.queries`).
        is_shared: whether everybody who sees the list sees it, each with the rows that are for them.
        position: its place among the tabs.
    """

    __tablename__ = "admin_saved_view"
    __table_args__ = (
        sa.Index("ix_admin_saved_view_list_name", "list_name", "is_shared"),
        {"info": {"battery": "admin", "audit": False}},
    )

    list_name: Mapped[str] = mapped_column(sa.String(128))
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    query: Mapped[LongText]
    is_shared: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)

    def __str__(self) -> str:
        return self.name
