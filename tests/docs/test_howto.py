"""The code in the how-to pages: parsed and its imports found everywhere; on three pages run as it stands."""

import ast
import logging
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer

from demijohn import db
from demijohn.audit.models import AuditEntry
from demijohn.auth.accounts import create_user
from demijohn.auth.bearer.tokens import make_token

MakeApp = Callable[..., Flask]
HOWTO = Path(__file__).parents[2] / "docs" / "howto"


def blocks(page: str, language: str = "python") -> list[str]:
    text = (HOWTO / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", sorted(path.name for path in HOWTO.glob("*.md")))
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
