"""SavedQuery, a piece of SQL under a title."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.database.base import Model
from demijohn.database.mixins import Timestamped
from demijohn.database.types import LongText


class SavedQuery(Timestamped, Model):
    """A query that somebody wrote and others may see the answer of.

    Attributes:
        sql: one SELECT; `:name` is asked of whoever runs it, and bound.
        shown_as: `table`, `number`, or the kind of a chart.
        permission: who holds it sees the answer; empty: only people who write queries.
        is_on_board: whether the first page has it as a tile.
        author_id: who wrote it last.
    """

    __tablename__ = "admin_query"
    __table_args__ = ({"info": {"battery": "admin"}},)

    title: Mapped[str] = mapped_column(sa.String(120))
    description: Mapped[LongText] = mapped_column(default="")
    sql: Mapped[LongText]
    shown_as: Mapped[str] = mapped_column(sa.String(16), default="table")
    permission: Mapped[str] = mapped_column(sa.String(128), default="")
    is_on_board: Mapped[bool] = mapped_column(default=False)
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"), index=True)

    def __str__(self) -> str:
        return self.title
