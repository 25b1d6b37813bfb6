"""Columns that many models want, to be inherited beside `Model`."""

import datetime as dt
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from demijohn.clock import now


def created_just_now(context: Any) -> dt.datetime:
    """The same moment as `created_at`, so that a record nobody changed says so."""
    inserting = context.get_current_parameters() if context is not None else {}
    created: dt.datetime = inserting.get("created_at") or now()
    return created


AUTOMATIC = {"automatic": True}
"""Marks a column that is filled without anybody's help; forms leave it out unless they name it."""


class Timestamped:
    """When a record was made and last changed (aware, UTC)."""

    created_at: Mapped[dt.datetime] = mapped_column(default=now, sort_order=90, info=dict(AUTOMATIC))
    updated_at: Mapped[dt.datetime] = mapped_column(
        default=created_just_now, onupdate=now, sort_order=91, info=dict(AUTOMATIC)
    )
