"""One connection for a whole test: every commit is a savepoint, and the end of the test undoes them all."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool


class HeldConnection:
    """Stands for a DBAPI connection whose transaction belongs to the test: commit and rollback do nothing here."""

    def __init__(self, raw: Any) -> None:
        self.__dict__["raw"] = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.raw, name, value)

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class Savepoints:
    """Turns the transactions of one engine into savepoints of the connection it always gets."""

    def __init__(self, engine: sa.Engine) -> None:
        self.open: list[tuple[sa.Connection, str]] = []
        self.names = (f"test_{number}" for number in itertools.count(1))
        sa.event.listen(engine, "begin", self.begin)
        sa.event.listen(engine, "commit", self.commit)
        sa.event.listen(engine, "rollback", self.rollback)

    def begin(self, connection: sa.Connection) -> None:
        name = next(self.names)
        self.run(connection, f"SAVEPOINT {name}")
        self.open.append((connection, name))

    def commit(self, connection: sa.Connection) -> None:
        for name in self.closed_by(connection):
            self.run(connection, f"RELEASE SAVEPOINT {name}")

    def rollback(self, connection: sa.Connection) -> None:
        for name in self.closed_by(connection):
            self.run(connection, f"ROLLBACK TO SAVEPOINT {name}")
            self.run(connection, f"RELEASE SAVEPOINT {name}")

    def closed_by(self, connection: sa.Connection) -> list[str]:
        """The connection's savepoint, if it is still open; it closes those opened after it too."""
        for place, (owner, name) in enumerate(self.open):
            if owner is connection:
                del self.open[place:]
                return [name]
        return []

    @staticmethod
    def run(connection: sa.Connection, statement: str) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(statement)
        cursor.close()


@contextmanager
def held(engine: sa.Engine) -> Iterator[sa.Engine]:
    """An engine over one connection of `engine`; what it commits is undone when the block ends."""
    fairy = engine.raw_connection()
    raw = fairy.dbapi_connection
    assert raw is not None  # noqa: S101 - narrows the type
    if engine.dialect.name == "sqlite":
        raw.cursor().execute("BEGIN")
    options = {"use_native_hstore": False} if engine.dialect.name == "postgresql" else {}
    one = sa.create_engine(
        engine.url, creator=lambda: HeldConnection(raw), poolclass=StaticPool, pool_reset_on_return=None, **options
    )
    Savepoints(one)
    try:
        yield one
    finally:
        one.dispose()
        raw.rollback()
        fairy.close()
