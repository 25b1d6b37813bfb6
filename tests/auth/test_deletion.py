"""Deleting one's own account: asked for with care, taken back by signing in, carried out when it is due."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from projects import SAFE, Project
from tests.auth.visitor import PASSWORD, Visitor, csrf_token, make_user

from demijohn import db
from demijohn.audit.models import AuditEntry
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.deletion import deleting
from demijohn.auth.deletion.models import AccountDeletion
from demijohn.auth.models import Role, user_class
from demijohn.clock import now
from demijohn.mail.models import OutgoingMail

ADA = "ada@example.com"
PAGE = "/auth/account/delete"


@pytest.fixture
def app(make_app: Any, database_url: str) -> Flask:
    made: Flask = make_app(database={"url": database_url})
    make_user(made, ADA)
    make_user(made, "root@example.com", is_superuser=True)
    return made


@pytest.fixture
def ada(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in()
    return visitor


def ask(visitor: Visitor, email: str = ADA) -> Any:
    return visitor.post(PAGE, {"email": email})


def users(app: Flask) -> dict[str, bool]:
    with app.app_context():
        return {user.email: user.is_active for user in db.session.scalars(sa.select(user_class()))}


def pending(app: Flask) -> int:
    with app.app_context():
        return db.session.query(AccountDeletion).count()


def events(app: Flask) -> list[str]:
    with app.app_context():
        entries = sa.select(AuditEntry.action).where(AuditEntry.action.like("auth.%delet%")).order_by(AuditEntry.id)
        return list(db.session.scalars(entries))


def subjects(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(OutgoingMail.subject).order_by(OutgoingMail.id)))


def carry_out(app: Flask) -> int:
    with app.app_context():
        return deleting.delete_due(app)


def test_it_ends_everything_at_once_and_says_until_when_it_can_be_taken_back(app: Flask, ada: Visitor) -> None:
    other = Visitor(app, "198.51.100.8")
    other.sign_in()
    with app.app_context():
        db.session.add(
            ApiToken(user_id=1, name="script", digest="d", ending="abcd", expires_at=now() + timedelta(days=9))
        )
        db.session.commit()

    answer = ask(ada)

    assert (answer.status_code, answer.location) == (302, "/auth/login")
    assert "To keep it, sign in before then." in ada.get("/auth/login").text
    assert (ada.is_signed_in(), other.is_signed_in(), pending(app)) == (False, False, 1)
    with app.app_context():
        assert db.session.query(ApiToken).count() == 0
    assert (events(app), subjects(app)[-1]) == (["auth.deletion_asked"], "Your account at Shop will be deleted")


@pytest.mark.parametrize("email", ["", "root@example.com", "ada@example.co", "\0", "a" * 5000])
def test_without_the_accounts_own_address_nothing_happens(app: Flask, ada: Visitor, email: str) -> None:
    assert ask(ada, email).status_code == 422
    assert (pending(app), ada.is_signed_in()) == (0, True)


def test_the_address_is_compared_as_addresses_are(app: Flask, ada: Visitor) -> None:
    assert ask(ada, " ADA@Example.com ").status_code == 302
    assert pending(app) == 1


def test_strangers_and_those_who_signed_in_long_ago_are_asked_first(app: Flask, ada: Visitor, clock: Any) -> None:
    assert "/auth/login" in Visitor(app).get(PAGE).location
    clock.travel(timedelta(seconds=901))

    assert "/auth/confirm-identity" in ada.get(PAGE).location
    assert "/auth/confirm-identity" in ada.post(PAGE, {"email": ADA}, page="/auth/account").location
    assert pending(app) == 0


def test_it_needs_a_token_of_the_form(app: Flask, ada: Visitor) -> None:
    assert ada.client.post(PAGE, data={"email": ADA}, environ_base=ada.environ).status_code == 400
    assert pending(app) == 0


def test_signing_in_leads_to_the_question_and_nowhere_else(app: Flask, ada: Visitor) -> None:
    ask(ada)

    assert ada.sign_in().location == "/auth/keep-account"
    assert "Keep my account" in ada.get("/auth/keep-account").text
    assert not ada.is_signed_in()
    for path in (PAGE, "/auth/account/export", "/admin/"):
        assert "/auth/login" in ada.get(path).location


def test_keeping_it_signs_in_and_is_told(app: Flask, ada: Visitor) -> None:
    ask(ada)
    ada.sign_in()

    ada.post("/auth/keep-account")

    assert (ada.is_signed_in(), pending(app)) == (True, 0)
    assert events(app) == ["auth.deletion_asked", "auth.deletion_taken_back"]
    assert subjects(app)[-1] == "Your account at Shop stays"


def test_nobody_keeps_an_account_without_proving_whose_it_is(app: Flask, ada: Visitor) -> None:
    ask(ada)
    stranger = Visitor(app)

    assert "/auth/login" in stranger.get("/auth/keep-account").location
    assert stranger.post("/auth/keep-account", page="/auth/login").status_code == 302
    stranger.sign_in("root@example.com")
    stranger.post("/auth/keep-account", page="/auth/account")
    assert pending(app) == 1


def test_when_it_is_due_the_account_goes_with_what_hangs_on_it(app: Flask, ada: Visitor, clock: Any) -> None:
    ask(ada)
    clock.travel(timedelta(days=13, hours=23))
    assert carry_out(app) == 0
    clock.travel(timedelta(hours=2))
    with app.app_context():
        assert deleting.due(app) == 1

    assert (carry_out(app), carry_out(app)) == (1, 0)
    assert users(app) == {"root@example.com": True}
    assert (pending(app), events(app)[-1], subjects(app)[-1]) == (
        0,
        "auth.account_deleted",
        "Your account at Shop was deleted",
    )
    ada.sign_in()
    assert not ada.is_signed_in()


def test_it_can_be_kept_until_it_is_carried_out(app: Flask, ada: Visitor, clock: Any) -> None:
    ask(ada)
    clock.travel(timedelta(days=20))
    ada.sign_in()
    ada.post("/auth/keep-account")

    assert (carry_out(app), ada.is_signed_in()) == (0, True)


def test_prune_carries_it_out(app: Flask, ada: Visitor, clock: Any) -> None:
    ask(ada)
    clock.travel(timedelta(days=15))

    assert "1  accounts to delete" in app.test_cli_runner().invoke(args=["prune"]).output
    assert ADA not in users(app)


def test_eight_at_once_delete_once(app: Flask, ada: Visitor, clock: Any) -> None:
    ask(ada)
    clock.travel(timedelta(days=15))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: carry_out(app), range(8))) == 1
    assert events(app).count("auth.account_deleted") == 1


def test_eight_askings_at_once_are_one(app: Flask) -> None:
    visitors = [Visitor(app, f"198.51.100.{number}") for number in range(1, 9)]
    for visitor in visitors:
        visitor.sign_in()
    forms = [{"email": ADA, "csrf_token": csrf_token(visitor.get(PAGE).text)} for visitor in visitors]

    def send(number: int) -> int:
        return visitors[number].client.post(PAGE, data=forms[number], environ_base=visitors[number].environ).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(send, range(8)))

    assert max(codes) < 500
    assert (pending(app), events(app)) == (1, ["auth.deletion_asked"])


def test_the_last_superuser_who_stays_cannot_go(app: Flask) -> None:
    make_user(app, "eve@example.com", is_superuser=True)
    root, eve = Visitor(app), Visitor(app, "198.51.100.9")
    root.sign_in("root@example.com")
    eve.sign_in("eve@example.com")

    assert ask(root, "root@example.com").status_code == 302
    refused = ask(eve, "eve@example.com")

    assert refused.status_code == 422
    assert "last active superuser" in refused.text
    assert (pending(app), eve.is_signed_in()) == (1, True)


def test_two_superusers_at_once_cannot_both_go(app: Flask) -> None:
    make_user(app, "eve@example.com", is_superuser=True)
    superusers = ("root@example.com", "eve@example.com")
    visitors = {email: Visitor(app, f"198.51.100.{number}") for number, email in enumerate(superusers)}
    for email, visitor in visitors.items():
        visitor.sign_in(email)

    with ThreadPoolExecutor(2) as pool:
        codes = sorted(pool.map(lambda pair: ask(pair[1], pair[0]).status_code, visitors.items()))

    assert (codes, pending(app)) == ([302, 422], 1)


def test_one_who_became_the_last_superuser_meanwhile_stays_and_holds_up_nobody(
    app: Flask, ada: Visitor, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    make_user(app, "eve@example.com", is_superuser=True)
    root = Visitor(app)
    root.sign_in("root@example.com")
    ask(root, "root@example.com")
    ask(ada)
    with app.app_context():
        eve = db.session.scalars(sa.select(user_class()).where(user_class().email == "eve@example.com")).one()
        eve.is_superuser = False
        db.session.commit()
    clock.travel(timedelta(days=15))

    assert carry_out(app) == 1
    assert set(users(app)) == {"root@example.com", "eve@example.com"}
    assert "cannot be deleted (Refused)" in caplog.text


def test_programs_get_json(app: Flask, ada: Visitor) -> None:
    wrong = ada.post_json(PAGE, {"email": "x"}, page=PAGE)
    asked = ada.post_json(PAGE, {"email": ADA}, page=PAGE)
    signed = ada.post_json("/auth/login", {"email": ADA, "password": PASSWORD})
    question = ada.get("/auth/keep-account", headers={"Accept": "application/json"})

    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["email"])
    assert (asked.status_code, list(asked.json)) == (202, ["due_at"])
    assert (signed.status_code, signed.json["next"]) == (202, "/auth/keep-account")
    assert (question.status_code, sorted(question.json)) == (200, ["detail", "due_at"])
    assert ada.post_json("/auth/keep-account", {}, page="/auth/login").status_code == 200
    assert pending(app) == 0


def test_where_it_is_switched_off_there_is_no_such_page(make_app: Any) -> None:
    app = make_app(auth={"deletion_grace_days": None})
    make_user(app)
    ada = Visitor(app)
    ada.sign_in()

    assert ada.get(PAGE).status_code == 404
    assert "Delete account" not in ada.get("/auth/account").text


def test_administrators_see_it_and_can_take_it_back(app: Flask, ada: Visitor) -> None:
    ask(ada)
    root = Visitor(app)
    root.sign_in("root@example.com")

    assert ADA in root.get("/admin/account_deletion/").text
    assert "/admin/account_deletion/edit/" not in root.get("/admin/account_deletion/").text


@pytest.fixture
def referring(app: Flask) -> Any:
    """A table of the project that refers to users and does not let them go."""
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text('CREATE TABLE invoice (id INTEGER, user_id INTEGER REFERENCES "user" (id))'))
        connection.execute(sa.text("INSERT INTO invoice VALUES (1, 1)"))
    yield
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE invoice"))


@pytest.mark.usefixtures("referring")
def test_where_the_project_still_refers_to_the_row_it_is_emptied(app: Flask, ada: Visitor, clock: Any) -> None:
    with app.app_context():
        user = db.session.get_one(user_class(), 1)
        user.name, user.locale = "Ada Lovelace", "en"
        user.roles = [Role(name="sales", permissions={"order.view"})]
        db.session.commit()
    ada.sign_in()
    ask(ada)
    clock.travel(timedelta(days=15))

    assert carry_out(app) == 1
    with app.app_context():
        left = db.session.get_one(user_class(), 1)
        assert (left.email, left.name, left.locale) == ("deleted-1@deleted.localhost", "", None)
        assert (left.password_hash, left.is_active, left.roles, left.last_sign_in_at) == (None, False, [], None)
        assert db.session.query(AccountDeletion).count() == 0
    assert events(app)[-1] == "auth.deletion_asked"
    assert subjects(app)[-1] == "Your account at Shop was deleted"
    assert carry_out(app) == 0


LEAVE = """
from datetime import timedelta
from demijohn import clock
from demijohn.auth.accounts import create_user
from demijohn.auth.deletion.deleting import ask_for_deletion, delete_due
from demijohn.auth.export.collecting import collected

with app.app_context():
    db.create_all()
    for name in ("ada", "bob"):
        user = create_user(f"{name}@example.com", password=None)
        user.phone = "123"
        db.session.flush()
        db.session.add(Draft(title="A poem", author_id=user.id))
        if name == "bob":
            db.session.add(Invoice(paid_by_id=user.id))
        db.session.commit()
        print(collected(user)["more"], collected(user)["profile"]["phone"])
        ask_for_deletion(user)
    clock.shift = timedelta(days=15)
    print(delete_due(app), db.session.query(Draft).count())
    print([(user.email, user.phone) for user in db.session.query(Member)])
"""


def test_the_projects_own_hooks_work_as_the_page_says(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "leaving.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    env = {**SAFE, "FLASK_ENVIRONMENT": "testing", "DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}

    run = Project(tmp_path).python(code.replace("__name__", '"__main__"') + LEAVE, env=env)

    assert run.out.splitlines()[-4:] == [
        "{'drafts': ['A poem']} 123",
        "{'drafts': ['A poem']} 123",
        "2 0",
        "[('deleted-2@deleted.localhost', None)]",
    ], run.text
