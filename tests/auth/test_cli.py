"""`flask user …`, `flask role …` and the first administrator."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from click.testing import Result
from flask import Flask
from tests.auth.second_step import give_app
from tests.auth.visitor import NEW_PASSWORD, PASSWORD, Visitor, find, make_user
from tests.conftest import MakeApp

from demijohn import db
from demijohn.auth.bootstrap import Created, Existing, ensure_first_administrator
from demijohn.auth.models import Role
from demijohn.checks import run_checks


def run(app: Flask, *words: str, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    return app.test_cli_runner().invoke(args=words, input=stdin, env=env)


def test_a_user_is_made_with_the_password_from_stdin(app: Flask) -> None:
    result = run(app, "user", "create", "Ada@Example.com", "--superuser", "--password-stdin", stdin=PASSWORD + "\n")

    assert result.output == "created ada@example.com (id 1, superuser)\n"
    assert result.exit_code == 0
    assert Visitor(app).sign_in().status_code == 302


def test_a_user_is_made_with_the_password_from_the_environment(app: Flask) -> None:
    result = run(app, "user", "create", "ada@example.com", env={"FLASK_USER_CREATE_PASSWORD": PASSWORD})

    assert result.exit_code == 0
    assert Visitor(app).sign_in().status_code == 302


def test_a_password_is_never_an_argument(app: Flask) -> None:
    assert run(app, "user", "create", "ada@example.com", "--password", PASSWORD).exit_code == 2
    assert run(app, "user", "create", "ada@example.com", stdin="").exit_code == 2


def test_a_duplicate_is_refused_with_what_to_do(app: Flask) -> None:
    make_user(app, is_active=False)

    result = run(app, "user", "create", "ADA@example.com", "--password-stdin", stdin=PASSWORD)

    assert result.output == (
        "Error: A user with ada@example.com exists (id 1, disabled). flask user enable ada@example.com\n"
    )
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "create", "no-address", "--password-stdin"), "@-sign"),
        (
            ("user", "create", "x@y.z", "--role", "saels", "--password-stdin"),
            "no role 'saels'. Did you mean sales?",
        ),
        (("user", "show", "nobody@example.com"), "There is no user nobody@example.com"),
        (("role", "grant", "sales", "order.veiw"), "There is no permission 'order.veiw'. Did you mean order.view?"),
        (("role", "revoke", "sales", "order.edit"), "sales does not have order.edit"),
        (("role", "create", "sales"), "There is a role 'sales' already"),
        (("user", "demote", "boss@example.com"), "last active superuser"),
        (("user", "disable", "boss@example.com"), "last active superuser"),
    ],
)
def test_what_is_refused_is_one_line_and_status_one(app: Flask, words: tuple[str, ...], said: str) -> None:
    make_user(app, "boss@example.com", is_superuser=True)
    run(app, "role", "create", "sales", "order.view")

    result = run(app, *words, stdin=PASSWORD)

    assert result.exit_code == 1
    assert said in result.output
    assert result.output.count("\n") == 1


def test_a_weak_password_is_refused(app: Flask) -> None:
    result = run(app, "user", "create", "ada@example.com", "--password-stdin", stdin="short")

    assert result.exit_code == 1
    assert "at least 15 characters" in result.output


def test_states_are_changed_and_shown(app: Flask) -> None:
    make_user(app, "boss@example.com", is_superuser=True)
    make_user(app)
    visitor = Visitor(app)
    visitor.sign_in()

    for command in ("promote", "disable", "enable", "demote"):
        assert run(app, "user", command, "ada@example.com").exit_code == 0
    listed = json.loads(run(app, "user", "list", "--json").output)

    assert [(one["email"], one["superuser"], one["disabled"]) for one in listed] == [
        ("ada@example.com", False, False),
        ("boss@example.com", True, False),
    ]
    assert not visitor.is_signed_in()
    assert "boss@example.com" in run(app, "user", "list").output
    assert json.loads(run(app, "user", "show", "ada@example.com", "--json").output)["id"] == 2


def test_no_listing_shows_a_hash(app: Flask) -> None:
    make_user(app)

    for words in (
        ("user", "list", "--json"),
        ("user", "show", "ada@example.com"),
        ("user", "show", "ada@example.com", "--json"),
    ):
        assert "argon2" not in run(app, *words).output


def test_a_new_password_ends_all_sessions(app: Flask) -> None:
    make_user(app)
    visitor = Visitor(app)
    visitor.sign_in()

    result = run(app, "user", "password", "ada@example.com", "--password-stdin", stdin=NEW_PASSWORD)

    assert result.exit_code == 0
    assert not visitor.is_signed_in()
    assert Visitor(app).sign_in(password=NEW_PASSWORD).status_code == 302


def test_sessions_are_listed_and_ended(app: Flask) -> None:
    make_user(app)
    visitor = Visitor(app)
    visitor.sign_in()

    listed = json.loads(run(app, "user", "sessions", "ada@example.com", "--json").output)
    run(app, "user", "sessions", "ada@example.com", "--end")

    assert [one["address"] for one in listed] == ["198.51.100.7"]
    assert not visitor.is_signed_in()
    assert json.loads(run(app, "user", "sessions", "ada@example.com", "--json").output) == []


def test_unlock_forgets_failed_sign_ins(make_app: MakeApp) -> None:
    app = make_app(auth={"sign_in_attempts": 2})
    make_user(app)
    visitor = Visitor(app)
    for _ in range(3):
        visitor.sign_in(password="wrong-wrong-wrong")
    assert visitor.sign_in().status_code == 429

    assert run(app, "user", "unlock", "ada@example.com").exit_code == 0

    assert visitor.sign_in().status_code == 302


def test_roles_are_made_given_and_changed(app: Flask) -> None:
    run(app, "role", "create", "sales", "order.view")
    run(app, "role", "grant", "sales", "order.edit", "customer.view")
    run(app, "role", "revoke", "sales", "order.view")
    run(app, "user", "create", "ada@example.com", "--role", "sales", "--password-stdin", stdin=PASSWORD)

    assert json.loads(run(app, "role", "list", "--json").output) == [
        {"name": "sales", "permissions": ["customer.view", "order.edit"], "users": 1}
    ]
    with app.app_context():
        assert [role.name for role in find("ada@example.com").roles] == ["sales"]


def test_the_first_administrator_is_made_once(app: Flask) -> None:
    made = ensure_first_administrator(app)

    assert isinstance(made, Created)
    assert made.email == "admin@shop.localhost"
    assert Visitor(app).sign_in(made.email, made.password).status_code == 302
    assert ensure_first_administrator(app) == Existing(emails=("admin@shop.localhost",))


def test_two_starts_at_once_make_one_administrator(make_app: MakeApp, database_url: str) -> None:
    apps = [make_app(database={"url": database_url}), make_app(database={"url": database_url}, create_tables=False)]
    start = Barrier(2)

    def make(app: Flask) -> Created | Existing:
        start.wait()
        return ensure_first_administrator(app)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(make, apps))

    assert sorted(type(one).__name__ for one in found) == ["Created", "Existing"]


def test_checks_name_what_is_weak(make_app: MakeApp) -> None:
    app = make_app(auth={"password_min_length": 8, "hash_memory_kib": 8}, features={"mail": False, "sessions": False})

    ids = {problem.id for problem in run_checks(app, deploy=True) if problem.id.startswith("auth.")}

    assert ids == {"auth.W001", "auth.W002", "auth.W003", "auth.W004", "auth.W040", "auth.I001"}


def test_a_sound_application_has_no_findings(make_app: MakeApp) -> None:
    app = make_app(auth={"two_factor": {"required_of": "staff"}})
    make_user(app, is_superuser=True)
    give_app(app)

    assert not [problem for problem in run_checks(app, deploy=True) if problem.id.startswith("auth.")]


def test_deleting_a_role_leaves_its_holders(app: Flask) -> None:
    run(app, "role", "create", "sales", "order.view")
    run(app, "user", "create", "ada@example.com", "--role", "sales", "--password-stdin", stdin=PASSWORD)
    with app.app_context():
        db.session.delete(db.session.query(Role).one())
        db.session.commit()

        assert find("ada@example.com").roles == []
