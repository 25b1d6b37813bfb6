"""Every fixture of the plugin, used by a project's own tests in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from demijohn.cli.new import new

TESTS = """
import urllib.request
from datetime import timedelta

import pytest
from demijohn import db as database
from demijohn.mail import send_mail
from shop import app as application
from shop.models import Note
from sqlalchemy import func, select


def count(db):
    return db.session.scalar(select(func.count()).select_from(Note))


def test_the_application_is_the_projects_and_is_being_tested(app):
    assert app is application
    assert app.testing


@pytest.mark.parametrize("again", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next(db, again):
    assert count(db) == 0
    db.session.add(Note(title="mine"))
    db.session.commit()
    assert count(db) == 1


@pytest.mark.parametrize("again", [1, 2])
def test_what_a_request_commits_is_gone_in_the_next(login_as, db, again):
    client = login_as("root@example.com", superuser=True)
    assert client.post("/admin/note/new/", data={"title": "theirs"}).status_code == 302
    assert count(db) == 1


def test_a_post_without_a_token_is_still_refused(login_as):
    client = login_as("root@example.com", superuser=True)
    assert client.post("/admin/note/new/", data={"title": "x"}, csrf=False).status_code == 400


def test_a_form_leaves_out_the_columns_that_fill_themselves(login_as):
    page = login_as("root@example.com", superuser=True).get("/admin/note/new/").text
    assert 'name="title"' in page
    assert 'name="created_at"' not in page


def test_every_address_of_the_project_asks_who_is_there(assert_protected):
    assert_protected(except_=["index"])


def test_rights_are_those_that_were_given(login_as):
    client = login_as("sam@example.com", permissions=["note.view"])
    assert client.get("/admin/note/").status_code == 200
    assert client.get("/admin/user/").status_code == 403


def test_the_mailbox_holds_what_was_sent(mailbox, db):
    assert len(mailbox) == 0
    send_mail("ada@example.com", subject="Hello", text="Come in")
    db.session.commit()
    assert (mailbox[0].subject, mailbox[0].to) == ("Hello", ["ada@example.com"])


def test_time_passes_when_told_to(login_as, clock):
    client = login_as("root@example.com", superuser=True)
    assert client.get("/auth/account").status_code == 200
    clock.travel(timedelta(days=400))
    assert client.get("/auth/account").status_code == 302


def test_statements_are_counted(client, assert_queries):
    client.get("/")
    with assert_queries(1):
        client.get("/")
    with pytest.raises(AssertionError, match="1 statements, not 3"), assert_queries(3):
        client.get("/")


def test_a_browser_can_reach_it(live_server):
    with urllib.request.urlopen(f"{live_server.url}/healthz") as answer:
        assert answer.status == 200
"""

OWN = """
import pytest


@pytest.fixture
def mailbox():
    return "my own"


def test_a_projects_own_fixture_wins(mailbox):
    assert mailbox == "my own"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(new, ["shop"]).exit_code == 0
    (tmp_path / "shop" / "tests" / "test_app.py").write_text(TESTS)
    (tmp_path / "shop" / "tests" / "test_own.py").write_text(OWN)
    return tmp_path / "shop"


def run_tests(project: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_each_fixture_does_what_the_reference_says(project: Path) -> None:
    output = run_tests(project)

    assert "13 passed" in output, output


@pytest.mark.postgres
def test_the_fixtures_work_on_postgresql_too(project: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", postgres_url)

    output = run_tests(project)

    assert "13 passed" in output, output


def test_a_project_that_names_no_application_is_told_how(project: Path) -> None:
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("[tool.demijohn]", "[tool.other]"))
    (project / "tests" / "test_app.py").write_text("def test_it(app): ...\n")

    assert '[tool.demijohn]\napp = "shop:app"' in run_tests(project).replace("E   ", "").replace("  ", "")
