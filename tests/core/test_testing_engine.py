"""The connection a test holds: everything through it is undone, in whatever order transactions close."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from demijohn.testing_engine import held


@pytest.fixture
def engine(database_url: str) -> sa.Engine:
    engine = sa.create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", lambda raw, record: setattr(raw, "isolation_level", None))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE held (id INTEGER PRIMARY KEY)"))
    yield engine
    engine.dispose()


INSERT = sa.text("INSERT INTO held VALUES (:id)")
IDS = sa.text("SELECT id FROM held ORDER BY id")


def rows(engine: sa.Engine) -> list[int]:
    with engine.connect() as connection:
        return list(connection.scalars(IDS))


def test_what_is_committed_is_seen_inside_and_gone_afterwards(engine: sa.Engine) -> None:
    with held(engine) as one:
        with one.begin() as connection:
            connection.execute(INSERT, {"id": 1})
        inside = rows(one)

    assert (inside, rows(engine)) == ([1], [])


def test_a_rollback_inside_undoes_its_own_transaction_only(engine: sa.Engine) -> None:
    with held(engine) as one:
        with Session(one) as session:
            session.execute(INSERT, {"id": 1})
            session.commit()
            session.execute(INSERT, {"id": 2})
            session.rollback()

        assert rows(one) == [1]


def test_transactions_that_overlap_may_close_in_any_order(engine: sa.Engine) -> None:
    with held(engine) as one:
        outer, inner = one.connect(), one.connect()
        outer.execute(INSERT, {"id": 1})
        inner.execute(INSERT, {"id": 2})
        outer.commit()
        inner.commit()

        assert rows(one) == [1, 2]


def test_after_a_failed_statement_the_test_goes_on(engine: sa.Engine) -> None:
    with held(engine) as one:
        with one.begin() as connection:
            connection.execute(INSERT, {"id": 1})
        with pytest.raises(sa.exc.IntegrityError), one.begin() as connection:
            connection.execute(INSERT, {"id": 1})

        assert rows(one) == [1]
