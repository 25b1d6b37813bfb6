"""What a program may do by itself: apply, and write what only adds."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from demijohn import db
from demijohn.errors import SetupError
from demijohn.migrations import autopilot

MakeApp = Callable[..., Flask]


@pytest.fixture
def app(make_app: MakeApp, tmp_path: Path, database_url: str) -> Flask:
    return make_app(
        "shop", create_tables=False, database={"url": database_url}, migrations={"directory": str(tmp_path / "history")}
    )


def test_from_nothing_to_every_table(app: Flask) -> None:
    assert "auth_0001" in autopilot.pending(app)
    assert "auth_0001" in autopilot.upgrade(app)
    assert autopilot.pending(app) == []

    written = autopilot.write_additive(app)

    assert written is not None
    pending = autopilot.pending(app)
    assert len(pending) == 1
    assert autopilot.upgrade(app) == pending
    assert autopilot.write_additive(app) is None
    with app.app_context():
        assert {"customer", "order", "user"} <= set(sa.inspect(db.engine).get_table_names())


def test_more_than_additions_is_refused_in_words_with_nothing_written(app: Flask, tmp_path: Path) -> None:
    autopilot.upgrade(app)
    autopilot.write_additive(app)
    autopilot.upgrade(app)
    before = sorted((tmp_path / "history" / "versions").glob("*.py"))
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE customer ADD COLUMN fax VARCHAR(20)"))

    with pytest.raises(autopilot.NotAdditiveError) as refused:
        autopilot.write_additive(app)

    assert refused.value.changes == ["drop column customer.fax"]
    assert "flask db migrate" in refused.value.fix
    assert sorted((tmp_path / "history" / "versions").glob("*.py")) == before
    assert autopilot.write_additive(app, additions_only=False) is not None


def test_tables_made_without_revisions_are_refused_with_the_way_out(app: Flask) -> None:
    with app.app_context():
        db.create_all()

    with pytest.raises(SetupError, match="tables are there that no revision made") as refused:
        autopilot.upgrade(app)

    assert refused.value.fix.startswith("flask db stamp")


def test_writing_needs_a_database_that_is_not_behind(app: Flask) -> None:
    with pytest.raises(SetupError, match="the database is behind its revisions") as refused:
        autopilot.write_additive(app)

    assert refused.value.fix == "flask db upgrade"
