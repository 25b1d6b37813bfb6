"""Throttles in one table that every process shares; counted in a short transaction of their own."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from demijohn.database.base import db
from demijohn.security.backends.base import Away, Pace
from demijohn.security.models import ThrottleKey

row_key, busy_until = ThrottleKey.digest, ThrottleKey.busy_until_us
INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

T = TypeVar("T")


class TableThrottles:
    """One row per key."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def take(self, key: str, pace: Pace, now_us: int) -> int:
        return self._run(lambda connection: take(connection, key, pace, now_us))

    def busy_until(self, key: str) -> int:
        held = sa.select(busy_until).where(row_key == key)
        return self._run(lambda connection: connection.scalar(held) or 0)

    def give_back(self, key: str, pace: Pace) -> None:
        less = sa.update(ThrottleKey).where(row_key == key).values({busy_until: busy_until - pace.each_us})
        self._run(lambda connection: connection.execute(less))

    def clear(self, key: str) -> None:
        self._run(lambda connection: connection.execute(sa.delete(ThrottleKey).where(row_key == key)))

    def _run(self, ask: Callable[[sa.Connection], T]) -> T:
        engine = engine_of(self._app)
        if engine.dialect.name not in INSERTS:
            raise Away(f"the table is not used on {engine.dialect.name}")
        try:
            with engine.begin() as connection:
                return ask(connection)
        except SQLAlchemyError as error:
            raise Away(f"the database did not answer ({type(error).__name__})") from None


def take(connection: sa.Connection, key: str, pace: Pace, now_us: int) -> int:
    """Count one in a single statement, which the database runs for one client at a time; 0, or the wait."""
    insert = INSERTS[connection.dialect.name](ThrottleKey).values(digest=key, busy_until_us=now_us + pace.each_us)
    begins = sa.case((busy_until < now_us, now_us), else_=busy_until)
    counted = connection.scalar(
        insert.on_conflict_do_update(
            index_elements=[row_key],
            set_={busy_until: begins + pace.each_us},
            where=begins + pace.each_us <= now_us + pace.window_us,
        ).returning(busy_until)
    )
    if counted is not None:
        return 0
    held: int = connection.scalar(sa.select(busy_until).where(row_key == key)) or 0
    return max(1, pace.wait_us(held, now_us))


def engine_of(app: Flask) -> sa.Engine:
    """The main engine; a context is entered only where none of this application is there."""
    if current_app and current_app._get_current_object() is app:  # type: ignore[attr-defined]
        return db.engine
    with app.app_context():
        return db.engine
