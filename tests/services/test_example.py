"""The example back office: its data, its own battery, its settings."""

import json
import shutil
from pathlib import Path

import pytest
from projects import Project

EXAMPLE = Path(__file__).parents[2] / "example_app"
ENV = {"FLASK_APP": "example_app", "FLASK_ENVIRONMENT": "development"}
COUNT = """
import json

from example_app import app
from example_app.tickets.battery import close_solved, count_solved
from example_app.tickets.models import Attachment, Tag, Ticket, TicketNote, TicketState
from sqlalchemy import func, select

from demijohn import db

with app.app_context():
    counts = {model.__name__: db.session.scalar(select(func.count()).select_from(model))
              for model in (Ticket, TicketNote, Tag, Attachment)}
    waiting = count_solved(app)
    done = close_solved(app)
    left = count_solved(app)
    still_solved = db.session.scalar(select(func.count()).where(Ticket.state == TicketState.SOLVED))
print(json.dumps({**counts, "waiting": waiting, "done": done, "left": left, "still_solved": still_solved}))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example with sixty orders."""
    folder = tmp_path_factory.mktemp("example")
    ignored = shutil.ignore_patterns("__pycache__", "instance")
    shutil.copytree(EXAMPLE, folder / "example_app", ignore=ignored)
    made = Project(folder)
    for command in (("db", "upgrade"), ("db", "seed", "--orders", "60")):
        done = made.flask(*command, env=ENV)
        assert done.status == 0, done.text
    return made


def test_half_of_the_orders_have_a_ticket_and_its_solved_ones_close_by_themselves(project: Project) -> None:
    told = json.loads(project.python(COUNT, env=ENV | {"FLASK_TICKETS__CLOSE_AFTER_DAYS": "1"}).out.splitlines()[-1])

    assert (told["Ticket"], told["Tag"], told["Attachment"]) == (30, 6, 10)
    assert told["TicketNote"] > told["Ticket"]
    assert told["waiting"] == told["done"] > 0
    assert told["left"] == 0


def test_the_models_are_what_the_migrations_make(project: Project) -> None:
    done = project.flask("db", "check", env=ENV)

    assert done.status == 0, done.text


def test_its_settings_are_settings_like_any_other(project: Project) -> None:
    said = project.flask("settings", "--origin", env=ENV | {"FLASK_TICKETS__CLOSE_AFTER_DAYS": "7"})
    wrong = project.flask("settings", env=ENV | {"FLASK_TICKETS__CLOSE_AFTER_DAY": "7"})

    assert "tickets.close_after_days" in said.out
    assert "FLASK_TICKETS__CLOSE_AFTER_DAYS (environment)" in said.out
    assert (wrong.status, "FLASK_TICKETS__CLOSE_AFTER_DAYS" in wrong.err) == (2, True)


def test_the_checks_find_nothing(project: Project) -> None:
    done = project.flask("check", "--fail-level", "warning", env=ENV)

    assert done.status == 0, done.text
