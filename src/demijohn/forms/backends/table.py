"""Sendings in one table that every process shares; each step is a short transaction of its own."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from demijohn.database.base import db
from demijohn.forms.backends.base import Answer
from demijohn.forms.models import FormSubmission
from demijohn.security.backends.table import INSERTS, engine_of

row = FormSubmission

T = TypeVar("T")
log = logging.getLogger(__name__)


class TableSubmissions:
    """One row per sending. While the database does not answer, forms are not guarded (and will hardly work)."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def claim(self, digest: str, now_s: int, running_s: int) -> bool:
        return self._or(lambda connection: claim(connection, digest, now_s, running_s), otherwise=True)

    def answer_to(self, digest: str) -> Answer | None:
        found = sa.select(row.status, row.location).where(row.digest == digest, row.status.is_not(None))
        one = self._or(lambda connection: connection.execute(found).one_or_none(), otherwise=None)
        return None if one is None else Answer(status=one.status, location=one.location)

    def note(self, digest: str, answer: Answer, until_s: int) -> None:
        let_go()
        noted = sa.update(row).where(row.digest == digest)
        self._run(noted.values(status=answer.status, location=answer.location, until_s=until_s))

    def forget(self, digest: str) -> None:
        let_go()
        self._run(sa.delete(row).where(row.digest == digest))

    def _run(self, statement: sa.Executable) -> int:
        return self._or(lambda connection: connection.execute(statement).rowcount, otherwise=0)

    def _or(self, ask: Callable[[sa.Connection], T], *, otherwise: T) -> T:
        engine = engine_of(self._app)
        if engine.dialect.name not in INSERTS:
            return otherwise
        try:
            with engine.begin() as connection:
                return ask(connection)
        except SQLAlchemyError as error:
            log.warning("a form is not guarded against being sent twice: %s", type(error).__name__)
            return otherwise


def claim(connection: sa.Connection, digest: str, now_s: int, running_s: int) -> bool:
    """Claim in one statement: a new row, or one whose time is over."""
    fresh: dict[str, Any] = {"until_s": now_s + running_s, "status": None, "location": None}
    insert = INSERTS[connection.dialect.name](row).values(digest=digest, **fresh)
    claimed = insert.on_conflict_do_update(index_elements=[row.digest], set_=fresh, where=row.until_s <= now_s)
    return connection.scalar(claimed.returning(row.digest)) is not None


def let_go() -> None:
    """End what the view left open: it is lost at the end of the request, but until then holds SQLite's write lock."""
    if db.session.registry.has():
        db.session.rollback()
