"""SoftDeleted: records that are marked as deleted, left out of what is read, and restored or deleted for good.

Imported with the first model that inherits it; without one nothing listens.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import (
    InstanceState,
    Mapped,
    ORMExecuteState,
    Session,
    UOWTransaction,
    mapped_column,
    object_session,
    with_loader_criteria,
    with_parent,
)

from demijohn.clock import now
from demijohn.database.base import db
from demijohn.database.mixins import AUTOMATIC, MARKS_DELETION

INCLUDE = "include_deleted"
"""The execution option that shows deleted records as well."""

FOR_GOOD = "demijohn.purged"
"""Where a session keeps the records that its next flush really deletes."""


class SoftDeleted:
    """A record that `db.session.delete` marks with `deleted_at` (aware, UTC) and leaves in its table.

    ORM selects, counts and relationships leave marked records out, unless the statement has
    `.execution_options(include_deleted=True)`.
    """

    deleted_at: Mapped[dt.datetime | None] = mapped_column(
        index=True, sort_order=92, info=dict(AUTOMATIC) | dict(MARKS_DELETION)
    )

    def restore(self) -> None:
        """Take the mark away, also from what was marked in the same moment along relationships that cascade."""
        moment, self.deleted_at = self.deleted_at, None
        for child in cascaded(self):
            if moment is not None and child.deleted_at == moment:
                child.restore()

    def purge(self) -> None:
        """Delete for good at the next flush, with everything along relationships that cascade."""
        session = object_session(self)
        if session is None:
            raise sa.exc.InvalidRequestError(f"{self!r} is in no session, so it cannot be deleted.")
        with session.no_autoflush:  # a flush in between would forget what is to go for good
            for child in cascaded(self):
                child.purge()
            session.info.setdefault(FOR_GOOD, []).append(self)
            session.delete(self)


def cascaded(record: SoftDeleted) -> Iterator[SoftDeleted]:
    """The records that are deleted with this one and are marked rather than deleted, those marked already included."""
    session = object_session(record)
    if session is None:
        return
    for relation in sa.inspect(type(record)).relationships:
        target = relation.mapper.class_
        if relation.cascade.delete and not relation.viewonly and issubclass(target, SoftDeleted):
            mine = sa.select(target).where(with_parent(record, getattr(type(record), relation.key)))
            yield from session.scalars(mine.execution_options(**{INCLUDE: True})).unique().all()


def is_present(cls: type[SoftDeleted]) -> sa.ColumnElement[bool]:
    return cls.deleted_at.is_(None)


PRESENT = with_loader_criteria(SoftDeleted, is_present, include_aliases=True)


@event.listens_for(db.session, "do_orm_execute")
def leave_out_deleted(state: ORMExecuteState) -> None:
    """Leave marked records out of a select; a record that is refreshed stays what it is."""
    if state.is_select and not state.is_column_load and not state.execution_options.get(INCLUDE, False):
        statement: Any = state.statement
        state.statement = statement.options(PRESENT)


@event.listens_for(db.session, "before_flush", insert=True)  # first: the others see a change and no deletion
def mark_deleted(session: Session, context: UOWTransaction, instances: Any) -> None:
    """Make of each delete of such a record a mark; what would be deleted with it is marked too, or stays."""
    del context, instances
    for_good = session.info.pop(FOR_GOOD, [])
    doomed = list(session.deleted)
    marked = [one for one in doomed if isinstance(one, SoftDeleted) and not any(one is other for other in for_good)]
    if not marked:
        return
    spared = {id(one) for record in marked for one in taken_along(record)}
    moment = now()
    for record in marked:
        session.add(record)
        record.deleted_at = record.deleted_at or moment
    for other in doomed:
        if other in marked or (id(other) in spared and not any(other is one for one in for_good)):
            session.add(other)
        elif other not in session.deleted:  # adding a record adds what it refers to, which may be deleted by itself
            session.delete(other)


def taken_along(record: SoftDeleted) -> Iterator[Any]:
    """What a delete of this record takes along in this session."""
    state: InstanceState[Any] = sa.inspect(record)
    for instance, _, _, _ in state.mapper.cascade_iterator("delete", state):
        yield instance
