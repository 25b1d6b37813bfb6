"""Statements that take too long are broken off, and the connection is as it was."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError

from demijohn import db
from demijohn.database.timelimit import time_limit, was_cut_off

ENDLESS = sa.text(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500000000) SELECT count(*) FROM n"
)


@pytest.fixture
def app(make_data_app: Callable[..., Flask], database_url: str) -> Flask:
    return make_data_app("json", create_tables=False, database={"url": database_url})


def test_a_statement_without_an_end_is_broken_off(app: Flask) -> None:
    with app.app_context():
        connection = db.session.connection()
        with pytest.raises(DBAPIError) as caught, time_limit(connection, seconds=0.05):
            connection.execute(ENDLESS)
        db.session.rollback()

        assert was_cut_off(caught.value)
        assert db.session.scalar(sa.text("SELECT 7")) == 7


def test_after_the_limit_statements_have_the_time_they_had_before(app: Flask) -> None:
    with app.app_context():
        connection = db.session.connection()
        with time_limit(connection, seconds=0.05):
            assert connection.scalar(sa.text("SELECT 7")) == 7

        slow = ENDLESS.text.replace("500000000", "400000")
        assert connection.scalar(sa.text(slow)) == 400_000


def test_another_error_was_not_cut_off(app: Flask) -> None:
    with app.app_context(), pytest.raises(DBAPIError) as caught:
        db.session.execute(sa.text("SELECT nonsense"))

    assert not was_cut_off(caught.value)
    assert not was_cut_off(ValueError())
