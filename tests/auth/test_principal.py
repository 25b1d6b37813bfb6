"""What one request reads about who is asking."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from tests.auth.visitor import Visitor, change_user, find, make_user
from tests.conftest import MakeApp

from demijohn import clock, current_user, db
from demijohn.audit.models import AuditEntry


def counted(app: Flask) -> list[str]:
    """Statements that SQLAlchemy ran; the session's own lookup is not among them."""
    seen: list[str] = []
    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", lambda c, cursor, sql, *rest: seen.append(sql))
    return seen


def with_views(make_app: MakeApp, **settings: object) -> Flask:
    app = make_app(**settings)

    @app.get("/who")
    def who() -> str:
        return f"{current_user.email} {current_user.is_superuser} {current_user.created_at.tzinfo}"

    @app.get("/rename")
    def rename() -> str:
        current_user.name = "Countess"
        db.session.commit()
        return current_user.name

    make_user(app)
    return app


def test_the_user_comes_with_the_session_in_one_statement(make_app: MakeApp, database_url: str) -> None:
    app = with_views(make_app, database={"url": database_url})
    visitor = Visitor(app)
    visitor.sign_in()
    seen = counted(app)

    assert visitor.get("/who").text == "ada@example.com False UTC"
    assert seen == []


def test_the_user_so_read_can_be_changed(make_app: MakeApp, database_url: str) -> None:
    app = with_views(make_app, database={"url": database_url})
    visitor = Visitor(app)
    visitor.sign_in()

    assert visitor.get("/rename").text == "Countess"
    with app.app_context():
        assert find("ada@example.com").name == "Countess"


def test_nothing_read_outlives_the_request(make_app: MakeApp) -> None:
    app = with_views(make_app)
    visitor = Visitor(app)
    visitor.sign_in()
    visitor.get("/who")

    with app.app_context():
        table = find("ada@example.com").__table__
        with db.engine.begin() as raw:
            raw.execute(sa.update(table).values(is_active=False))

    assert not visitor.is_signed_in()


def test_without_a_session_table_the_user_is_read_alike(make_app: MakeApp) -> None:
    app = with_views(make_app, features={"sessions": False})
    visitor = Visitor(app)
    visitor.sign_in()

    assert visitor.get("/who").text == "ada@example.com False UTC"
    change_user(app, is_active=False)
    assert not visitor.is_signed_in()


def entries(app: Flask) -> list[tuple[str, str | None, str | None]]:
    with app.app_context():
        found = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action.like("auth.%")).order_by(AuditEntry.id)
        )
        return [(entry.action, entry.key, entry.actor) for entry in found]


def test_ways_in_and_out_are_logged(make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make_app(public_url="http://localhost")
    make_user(app)
    visitor = Visitor(app)
    visitor.sign_in(password="wrong-wrong-wrong")
    visitor.sign_in("nobody@example.com")
    visitor.sign_in()
    monkeypatch.setattr(clock, "shift", timedelta(seconds=1))
    visitor.post("/auth/logout", page="/auth/account")
    visitor.post("/auth/forgot", {"email": "ada@example.com"})

    assert entries(app)[1:] == [
        ("auth.sign_in_failed", "1", None),
        ("auth.sign_in_failed", None, None),
        ("auth.sign_in", "1", "ada@example.com"),
        ("auth.sign_out", "1", "ada@example.com"),
        ("auth.reset_requested", "1", None),
    ]


def test_the_log_holds_no_secret_of_an_account(make_app: MakeApp) -> None:
    app = make_app()
    make_user(app)
    change_user(app, password_hash="$argon2id$new", is_superuser=True)

    with app.app_context():
        stamp = find("ada@example.com").security_stamp
        text = " ".join(str(entry.changes) for entry in db.session.scalars(sa.select(AuditEntry)))
    assert "argon2" not in text
    assert stamp not in text
    assert "is_superuser" in text
