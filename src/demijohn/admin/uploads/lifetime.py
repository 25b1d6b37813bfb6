"""A file lives as long as its record holds it: listeners on `db.session` keep what is committed and delete the rest.

What a record gives up is deleted after commit; what a transaction took is given back if it is rolled back. Statements
that pass the unit of work by (`session.execute(delete(…))`) are not seen.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import InstanceState, Mapper, Session, scoped_session
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE
from wtforms.validators import ValidationError

from demijohn.admin.uploads.store import EXTENSION, Files
from demijohn.admin.words import gettext
from demijohn.database.uploads import StoredFile, Upload

log = logging.getLogger(__name__)
INFO = "demijohn.uploads"
State = InstanceState[Any]
known_names: WeakKeyDictionary[Mapper[Any], tuple[str, ...]] = WeakKeyDictionary()


class FileInUseError(ValidationError):
    """A record was given a file that another record holds, or that is no longer kept; the text is for people."""


@dataclass(kw_only=True)
class Moves:
    """What a session's transaction does with files.

    Attributes:
        taken, going: keys that records took, and gave up.
        is_unsure: a savepoint was rolled back, so that nobody knows which of them count: housekeeping will ask.
    """

    files: Files
    taken: list[str] = field(default_factory=list)
    going: list[str] = field(default_factory=list)
    is_unsure: bool = False

    def take(self, key: str) -> None:
        if key in self.going:
            self.going.remove(key)
            self.files.notes.remove("going", key)
        elif key not in self.taken:
            if not self.files.notes.move(key, "pending", "taken"):
                raise FileInUseError(gettext("This file was saved already, or is no longer kept. Choose it again."))
            self.taken.append(key)

    def give_up(self, key: str) -> None:
        if key not in self.going:
            self.files.notes.add("going", key)
            self.going.append(key)

    def commit(self) -> None:
        if self.is_unsure:
            return
        for key in self.taken:
            self.files.notes.remove("taken", key)
        for key in self.going:
            try:
                self.files.storage.delete(key)
            except OSError as error:  # housekeeping tries again
                log.warning("a file could not be deleted: %s", error)
                continue
            self.files.notes.remove("going", key)

    def roll_back(self) -> None:
        for key in self.taken:
            self.files.notes.move(key, "taken", "pending")
        for key in self.going:
            self.files.notes.remove("going", key)


def listen(session: scoped_session[Any]) -> None:
    """Attach the listeners; asked again, nothing happens."""
    for name, function in (
        ("before_flush", before_flush),
        ("after_flush", after_flush),
        ("after_commit", after_commit),
        ("after_soft_rollback", after_soft_rollback),
    ):
        if not event.contains(session, name, function):
            event.listen(session, name, function)


def upload_names(mapper: Mapper[Any]) -> tuple[str, ...]:
    """The attributes of a mapper that hold files."""
    if mapper not in known_names:
        found = (a.key for a in mapper.column_attrs if isinstance(a.columns[0].type, Upload))
        known_names[mapper] = tuple(found)
    return known_names[mapper]


def moves_of(session: Session) -> Moves | None:
    """What this session does with files; None where the application has no dashboard."""
    files = current_app.extensions.get(EXTENSION) if has_app_context() else None
    if files is None:
        return None
    found: Moves | None = session.info.get(INFO)
    if found is None or found.files is not files:
        found = session.info[INFO] = Moves(files=files)
    return found


def before_flush(session: Session, flush: Any, instances: Any) -> None:
    """Take the files that records are given, and note those that they give up."""
    del flush, instances
    for state, name in holders(session.new):
        keep(session, state.dict.get(name), None)
    for state, name in holders(session.dirty):
        history = state.get_history(name, PASSIVE_NO_INITIALIZE)
        if history.added:
            old = history.deleted[0] if history.deleted else stored(session, state, name)
            keep(session, history.added[0], old)
    for state, name in holders(session.deleted):
        keep(session, None, state.dict[name] if name in state.dict else stored(session, state, name))


def holders(records: Any) -> Iterator[tuple[State, str]]:
    for record in records:
        state: State = sa.inspect(record)
        for name in upload_names(state.mapper):
            yield state, name


def keep(session: Session, new: StoredFile | None, old: StoredFile | None) -> None:
    moves = moves_of(session) if new != old else None
    if moves is None or (new and old and new.key == old.key):
        return
    if isinstance(new, StoredFile):
        moves.take(new.key)
    if isinstance(old, StoredFile):
        moves.give_up(old.key)


def stored(session: Session, state: State, name: str) -> StoredFile | None:
    """What the database holds where the session has not read it."""
    mapper = state.mapper
    wanted = sa.select(mapper.column_attrs[name].columns[0]).where(
        *(column == value for column, value in zip(mapper.primary_key, state.identity or (), strict=True))
    )
    found: StoredFile | None = session.connection(bind_arguments={"mapper": mapper}).scalar(wanted)
    return found


def after_flush(session: Session, flush: Any) -> None:
    """Records that went because their owner let them go (`delete-orphan`) are known only now."""
    for state, (is_delete, _) in list(flush.states.items()):
        if is_delete and state.key is not None:
            for name in upload_names(state.mapper):
                keep(session, None, state.dict.get(name))


def after_commit(session: Session) -> None:
    moves: Moves | None = session.info.pop(INFO, None)
    if moves is not None:
        moves.commit()


def after_soft_rollback(session: Session, transaction: Any) -> None:
    moves: Moves | None = session.info.get(INFO)
    if moves is None:
        return
    if transaction.nested:
        moves.is_unsure = True
    elif transaction.parent is None:
        session.info.pop(INFO).roll_back()
