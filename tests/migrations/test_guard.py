"""A database behind its revisions is not served from; in development one button applies them."""

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from demijohn import db
from demijohn.migrations import autopilot
from demijohn.migrations.guard import APPLY, probe_migrations

MakeApp = Callable[..., Flask]


@pytest.fixture
def start(make_app: MakeApp, tmp_path: Path) -> Callable[..., Flask]:
    """An application over an empty database, with a page of its own."""

    def make(environment: str = "development", **options: Any) -> Flask:
        public = {"public_url": "https://shop.example"} if environment == "production" else {}
        app = make_app(
            "shop",
            create_tables=False,
            environment=environment,
            migrations={"directory": str(tmp_path / "migrations")},
            **public,
            **options,
        )
        app.add_url_rule("/own", view_func=lambda: "own page")
        return app

    return make


def statements(app: Flask, path: str) -> list[str]:
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(*args: Any) -> None:
        seen.append(args[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    app.test_client().get(path)
    sa.event.remove(engine, "before_cursor_execute", note)
    return seen


def test_page_in_development_names_what_is_missing_and_its_button_applies_it(start: Callable[..., Flask]) -> None:
    app = start()
    client = app.test_client()

    page = client.get("/own")
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert page.status_code == 503
    assert "<code>auth_0001</code>" in page.text
    assert token is not None
    answer = client.post(APPLY, data={"token": token[1]})

    assert answer.status_code == 303
    assert client.get("/own").text == "own page"
    assert probe_migrations(app) is None


@pytest.mark.parametrize("token", ["", "guess"])
def test_apply_needs_the_pages_own_token(start: Callable[..., Flask], token: str) -> None:
    app = start()

    assert app.test_client().post(APPLY, data={"token": token}).status_code == 400
    assert app.test_client().get(APPLY).status_code == 400
    assert autopilot.pending(app) != []


@pytest.mark.parametrize(
    "environ",
    [{"REMOTE_ADDR": "10.0.0.7"}, {"HTTP_X_FORWARDED_FOR": "10.0.0.7"}],
    ids=["another machine", "through a proxy"],
)
def test_only_this_machine_sees_the_button(start: Callable[..., Flask], environ: dict[str, str]) -> None:
    answer = start().test_client().get("/own", environ_overrides=environ)

    assert answer.status_code == 503
    assert "auth_0001" not in answer.text


def test_production_answers_503_and_says_why_in_the_log_once(
    start: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    app = start("production")
    client = app.test_client()

    with caplog.at_level(logging.ERROR):
        answers = [client.get("/own", base_url="https://shop.example") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert answers[0].headers["Retry-After"] == "10"
    assert "auth_0001" not in answers[0].text
    said = [record.getMessage() for record in caplog.records if "revisions" in record.getMessage()]
    assert len(said) == 1
    assert "Fix: flask db upgrade" in said[0]


def test_current_database_is_asked_once_and_never_again(start: Callable[..., Flask]) -> None:
    app = start()
    autopilot.upgrade(app)

    assert statements(app, "/own") == ["SELECT alembic_version.version_num \nFROM alembic_version"]
    assert statements(app, "/own") == []


def test_upgrade_elsewhere_is_noticed_without_a_restart(start: Callable[..., Flask]) -> None:
    app = start()
    assert app.test_client().get("/own").status_code == 503

    autopilot.upgrade(app)

    assert app.test_client().get("/own").status_code == 200


def test_database_ahead_of_the_code_is_said(start: Callable[..., Flask]) -> None:
    app = start()
    autopilot.upgrade(app)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('from_tomorrow')"))

    page = app.test_client().get("/own")

    assert page.status_code == 503
    assert "from_tomorrow" in page.text
    assert probe_migrations(app) == "the database is ahead of this code"


def test_tables_made_without_revisions_are_served_from(start: Callable[..., Flask]) -> None:
    app = start()
    with app.app_context():
        db.create_all()

    assert app.test_client().get("/own").text == "own page"


def test_probe_counts_what_is_missing(start: Callable[..., Flask]) -> None:
    assert re.fullmatch(r"\d+ revisions not applied", probe_migrations(start()) or "")


def test_serving_imports_neither_alembic_nor_flask_migrate(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from demijohn import Settings, create_app\n"
        "app = create_app('json', Settings(environment='development', secret_key='k3' * 20,"
        f" database={{'url': 'sqlite:///{tmp_path}/x.db'}}))\n"
        "print(app.test_client().get('/').status_code)\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'alembic', 'flask_migrate', 'mako'}))\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert done.stdout.splitlines() == ["503", "[]"], done.stderr
