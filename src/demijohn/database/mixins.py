"""Columns that many models want, to be inherited beside `Model`."""

import datetime as dt
from typing import Any

from sqlalchemy.orm import Mapped, declared_attr, has_inherited_table, mapped_column

from demijohn.clock import now


def created_just_now(context: Any) -> dt.datetime:
    """The same moment as `created_at`, so that a record nobody changed says so."""
    inserting = context.get_current_parameters() if context is not None else {}
    created: dt.datetime = inserting.get("created_at") or now()
    return created


AUTOMATIC = {"automatic": True}
"""Marks a column that is filled without anybody's help; forms leave it out unless they name it."""

MARKS_DELETION = {"marks_deletion": True}
"""Marks the column of a record that is kept when it is deleted; whoever asks need not import how that is done."""


class Timestamped:
    """When a record was made and last changed (aware, UTC)."""

    created_at: Mapped[dt.datetime] = mapped_column(default=now, sort_order=90, info=dict(AUTOMATIC))
    updated_at: Mapped[dt.datetime] = mapped_column(
        default=created_just_now, onupdate=now, sort_order=91, info=dict(AUTOMATIC)
    )


class Versioned:
    """A number that each change of the record raises; writing what somebody else changed meanwhile is refused.

    SQLAlchemy's version counter: the second of two writers gets `sqlalchemy.orm.exc.StaleDataError`, answered by 409.
    """

    version: Mapped[int] = mapped_column(sort_order=93, info=dict(AUTOMATIC))

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - a class method of SQLAlchemy's kind
        return {} if has_inherited_table(cls) else {"version_id_col": cls.version}  # type: ignore[arg-type]
