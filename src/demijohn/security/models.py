"""The table that throttles count in."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from demijohn.database.base import Model


class ThrottleKey(Model):
    """Until when one key of one limit is busy; a row whose moment has passed says nothing any more."""

    __tablename__ = "throttle_key"
    __table_args__ = {"info": {"battery": "security"}}

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    busy_until_us: Mapped[int] = mapped_column(sa.BigInteger, index=True)


TABLE: sa.Table = Model.metadata.tables[ThrottleKey.__tablename__]
