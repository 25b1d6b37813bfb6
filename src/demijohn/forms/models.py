"""The table of forms sent lately."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.database.base import Model
from demijohn.database.types import LongText


class FormSubmission(Model):
    """One form sent by one session: a digest of what was sent, and how it was answered."""

    __tablename__ = "form_submission"
    __table_args__ = {"info": {"battery": "forms"}}

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    until_s: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    status: Mapped[int | None] = mapped_column(sa.Integer)
    location: Mapped[LongText | None]


TABLE: sa.Table = Model.metadata.tables[FormSubmission.__tablename__]
