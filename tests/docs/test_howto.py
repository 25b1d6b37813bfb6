"""The code in the how-to pages: read, its imports, commands and variables found, and run as it stands."""

import ast
import logging
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click
import pytest
import sqlalchemy as sa
from flask import Flask
from howto import PAGES, blocks, commands
from shop import Customer

from demijohn import Settings, db
from demijohn.audit.models import AuditEntry
from demijohn.auth.accounts import create_user
from demijohn.auth.bearer.tokens import make_token
from demijohn.configuration.fields import settings_of
from demijohn.configuration.unknown import is_somebody_elses

MakeApp = Callable[..., Flask]
TESTS = Path(__file__).parents[1]
EVERY_PAGE = pytest.mark.parametrize("page", sorted(path.name for path in PAGES.glob("*.md")))


@EVERY_PAGE
def test_the_code_of_a_page_is_run_by_a_test_that_names_it(page: str) -> None:
    code = [*blocks(page), *blocks(page, "jinja"), *blocks(page, "html")]
    naming = [path.name for path in TESTS.rglob("test_*.py") if f'"{page}"' in path.read_text(encoding="utf-8")]

    assert naming or not code, f"run the code of docs/howto/{page} in a test: tests/sample/howto.py reads it"


@EVERY_PAGE
def test_the_commands_of_a_page_are_there_with_their_options(app: Flask, page: str) -> None:
    for _, *words in [line for one in ("sh", "console") for line in flask_lines(page, one)]:
        command: click.Command = click.Group(commands=every_command(app))
        with click.Context(command) as context:
            while isinstance(command, click.Group) and words:
                found = command.get_command(context, words.pop(0))
                assert found is not None, f"{page}: flask … {words}"
                command = found
        options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert {word.partition("=")[0] for word in words if word.startswith("-")} <= options, f"{page}: {words}"


def every_command(app: Flask) -> dict[str, click.Command]:
    """Those of the application, and those that are there without one."""
    bundled = {entry.name: entry.load() for entry in entry_points(group="flask.commands")}
    return {**bundled, **app.cli.commands}


def flask_lines(page: str, language: str) -> list[list[str]]:
    lines = [words for code in blocks(page, language) for words in commands(code)]
    typed = [words for words in lines if words[0] == "flask"]
    return [[words[0], *words[3:]] if words[1] == "--app" else words for words in typed]


@EVERY_PAGE
def test_the_variables_of_a_page_are_settings(page: str) -> None:
    named = set(re.findall(r"\b(FLASK_[A-Z_]+[A-Z])\b", (PAGES / page).read_text(encoding="utf-8")))
    known = {setting.variable for setting in settings_of(Settings)}
    inside = re.compile("|".join(f"{re.sub('<NAME>', '[A-Z]+', name)}(__.*)?" for name in known))

    odd = {name for name in named - OWN if not inside.fullmatch(name) and not is_somebody_elses(name)}
    assert odd == set()


OWN = {"FLASK_REGION", "FLASK_BILLING__LIMIT"}
"""Settings that a page declares itself."""


@EVERY_PAGE
def test_the_code_of_a_page_can_be_read_and_its_imports_are_there(page: str) -> None:
    imports = [
        node for block in blocks(page) for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)
    ]

    missing = [
        f"{node.module}.{name.name}"
        for node in imports
        if (node.module or "").startswith("demijohn")
        for name in node.names
        if not hasattr(import_module(str(node.module)), name.name)
    ]

    assert missing == []


def test_the_models_of_the_page_are_kept_and_found(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models, reading = blocks("models.md")
    (tmp_path / "cellar.py").write_text(models, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    app = make_app("cellar")
    names = dict(vars(__import__("cellar")))

    with app.app_context():
        exec(reading, names)

        (delivery,) = names["heavy"]
        assert (delivery.supplier.name, str(delivery.weight_kg)) == ("Glass & Co", "12.5000")
        assert delivery.created_at is not None


def test_the_audit_page_notes_an_event_and_a_pause(app: Flask) -> None:
    event, pause = blocks("audit.md")
    names: dict[str, Any] = {"Customer": Customer}

    with app.app_context():
        exec(event + pause, names)

        actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert (actions, db.session.query(Customer).count()) == (["order.printed", "audit.paused"], 1)


@pytest.fixture
def _shop_loggers() -> Iterator[None]:
    """Leaves the loggers that the page configures as they were."""
    logger = logging.getLogger("shop")
    kept = (logger.level, logger.handlers[:], logger.propagate)
    yield
    logger.setLevel(kept[0])
    logger.handlers[:], logger.propagate = kept[1:]


@pytest.mark.usefixtures("_shop_loggers")
def test_the_log_configured_as_the_page_says_shows_each_request(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str]
) -> None:
    exec(blocks("observability.md")[0], {})
    make_app().test_client().get("/nowhere")

    assert re.search(r"INFO GET /nowhere 404 .* request=\w+", capsys.readouterr().err)


@pytest.mark.redis
def test_the_redis_page_counts_in_the_shared_server_and_is_503_without_it(make_app: MakeApp, redis_url: str) -> None:
    (view,) = blocks("redis.md")
    answers = []
    for url in (redis_url, "redis://127.0.0.1:1/0"):
        app = make_app("bare", features={"database": False}, redis={"url": url})
        exec(view, {"app": app})
        answers.append([app.test_client().get("/visitors") for _ in range(2)])

    assert [answer.json for answer in answers[0]] == [{"visitors": 1}, {"visitors": 2}]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers[1]] == [(503, "5")] * 2


def test_the_view_of_the_page_on_tokens_answers_a_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("api-tokens.md")
    (tmp_path / "stockroom.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    for name, value in {"ENVIRONMENT": "testing", "DATABASE__URL": f"sqlite:///{tmp_path}/stock.db"}.items():
        monkeypatch.setenv(f"FLASK_{name}", value)
    monkeypatch.setenv("SECRET_KEY", "a-key-for-tests-only-0123456789-abcdefghij")
    app: Flask = import_module("stockroom").app
    with app.app_context():
        db.create_all()
        boss = create_user("boss@example.com", password="correct-horse-battery", is_superuser=True)
        made = make_token(boss, "stock", days=1, scopes=["item.edit"])
        db.session.commit()
        token = made.token

    answer = app.test_client().post("/stock", headers={"Authorization": f"Bearer {token}"})
    stranger = app.test_client().post("/stock", headers={"Authorization": "Bearer dj_x"})

    assert answer.get_json() == {"changed_by": "boss@example.com"}
    assert stranger.status_code == 401
    with app.app_context():
        db.engine.dispose()


def test_the_settings_of_the_page_on_two_steps_are_taken(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "".join(blocks("two-factor.md", "sh")).splitlines()
    for name, value in (line.split("=") for line in lines if "=" in line):
        monkeypatch.setenv(name, value)

    section = make_app().extensions["demijohn.auth"].section.two_factor

    assert (section.required_of, section.trust_days, section.password_min_length) == ("staff", 14, 12)
