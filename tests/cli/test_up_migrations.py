"""`flask up` and the history of the database: additions by itself, anything else after a yes."""

import sqlite3
from pathlib import Path

import pytest
from projects import Project
from serving import serving

FIRST = """\
from sqlalchemy.orm import Mapped

from demijohn import Model, create_app


class Cork(Model):
    name: Mapped[str]
    length_mm: Mapped[int]


app = create_app(__name__)
"""
ADDED = FIRST.replace("    length_mm: Mapped[int]\n", "    length_mm: Mapped[int]\n    grade: Mapped[str | None]\n")
DROPPED = FIRST.replace("    length_mm: Mapped[int]\n", "")


@pytest.fixture
def started(project: Project) -> Project:
    """A project that was started once, with one row."""
    project.write("shop.py", FIRST)
    with serving(project, "--no-input"):
        pass
    with database(project) as connection:
        connection.execute("INSERT INTO cork (name, length_mm) VALUES ('natural', 44)")
    return project


def database(project: Project) -> sqlite3.Connection:
    return sqlite3.connect(project.folder / "instance" / "shop.db")


def columns(project: Project) -> list[str]:
    return [row[1] for row in database(project).execute("PRAGMA table_info(cork)")]


def revisions(project: Project) -> list[Path]:
    return sorted((project.folder / "migrations" / "versions").glob("*.py"))


def test_the_first_start_writes_and_applies_the_first_revision(started: Project) -> None:
    assert len(revisions(started)) == 1
    assert "create_table" in revisions(started)[0].read_text()
    assert columns(started) == ["id", "name", "length_mm"]


def test_a_later_start_with_nothing_new_writes_nothing(started: Project) -> None:
    before = {path: path.read_text() for path in revisions(started)}

    with serving(started, "--no-input") as (_, printed):
        pass

    assert {path: path.read_text() for path in revisions(started)} == before
    assert "database: up to date" in printed.read_text()


def test_an_added_column_is_written_and_applied_without_asking(started: Project) -> None:
    started.write("shop.py", ADDED)

    with serving(started, "--no-input") as (_, printed):
        pass

    assert "grade" in columns(started)
    assert len(revisions(started)) == 2
    assert "wrote migrations/versions/" in printed.read_text()
    assert database(started).execute("SELECT name, grade FROM cork").fetchall() == [("natural", None)]


def test_a_dropped_column_is_not_written_without_somebody_to_ask(started: Project) -> None:
    started.write("shop.py", DROPPED)

    run = started.flask("--app", "shop", "up", "--no-input")

    assert run.status == 1
    assert "drop column cork.length_mm" in run.err
    assert "Nothing was written." in run.err
    assert "Traceback" not in run.text
    assert (len(revisions(started)), columns(started)) == (1, ["id", "name", "length_mm"])


def test_a_dropped_column_is_shown_and_no_writes_nothing(started: Project) -> None:
    started.write("shop.py", DROPPED)

    run = started.flask("--app", "shop", "up", answer="n\n")

    assert run.status == 1
    assert "drop column cork.length_mm" in run.out
    assert (len(revisions(started)), columns(started)) == (1, ["id", "name", "length_mm"])


def test_a_dropped_column_goes_after_a_yes_and_the_rows_stay(started: Project) -> None:
    started.write("shop.py", DROPPED)

    with serving(started, answer="y\n"):
        pass

    assert (len(revisions(started)), columns(started)) == (2, ["id", "name"])
    assert database(started).execute("SELECT name FROM cork").fetchall() == [("natural",)]


def test_a_revision_that_does_more_than_add_is_asked_about_before_it_is_applied(started: Project) -> None:
    first = revisions(started)[0]
    text = first.read_text()
    revision = text.partition('revision = "')[2].partition('"')[0] or text.partition("revision: str = ")[2][1:13]
    (first.parent / "zz_drop.py").write_text(
        "from alembic import op\n\n"
        'revision = "zzzzzzzzzzzz"\n'
        f'down_revision = "{revision}"\n'
        "branch_labels = None\ndepends_on = None\n\n\n"
        'def upgrade():\n    op.execute("DELETE FROM cork")\n\n\n'
        "def downgrade():\n    pass\n"
    )

    run = started.flask("--app", "shop", "up", "--no-input")

    assert run.status == 1
    assert "zz_drop.py: execute" in run.err
    assert database(started).execute("SELECT count(*) FROM cork").fetchone() == (1,)


def test_without_the_migrations_battery_missing_tables_are_made(project: Project) -> None:
    project.write("shop.py", FIRST)

    with serving(project, "--no-input", env={"FLASK_FEATURES__MIGRATIONS": "false"}):
        pass

    assert columns(project) == ["id", "name", "length_mm"]
    assert not (project.folder / "migrations").exists()
