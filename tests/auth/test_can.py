"""can(): who may do what."""

import pytest
from flask import Flask
from flask_login import login_user
from tests.conftest import MakeApp

from demijohn import can, db, login_required, permission_required
from demijohn.auth.models import Role, UserBase, user_class
from demijohn.auth.permissions import all_permissions, unknown_permissions


def a_user(*permissions: str, **columns: object) -> UserBase:
    user = user_class()(email=f"u{id(permissions)}@example.com", **columns)
    if permissions:
        user.roles = [Role(name="role", permissions=set(permissions))]
    db.session.add(user)
    db.session.commit()
    return user


@pytest.mark.parametrize(
    ("columns", "held", "asked", "answer"),
    [
        ({}, (), "order.view", False),
        ({}, ("order.view",), "order.view", True),
        ({}, ("order.view",), "order.edit", False),
        ({}, ("order.view",), "admin.access", True),
        ({}, (), "admin.access", False),
        ({}, ("order.view",), "user.edit", False),
        ({"is_superuser": True}, (), "order.delete", True),
        ({"is_superuser": True, "is_active": False}, (), "order.delete", False),
        ({"is_active": False}, ("order.view",), "order.view", False),
    ],
)
def test_can_answers_by_role_and_state(
    app: Flask, columns: dict[str, bool], held: tuple[str, ...], asked: str, answer: bool
) -> None:
    with app.app_context():
        assert can(a_user(*held, **columns), asked) is answer


def test_a_stranger_can_nothing(app: Flask) -> None:
    with app.test_request_context():
        from demijohn import current_user

        assert not can(current_user, "order.view")
        assert not can(None, "order.view")


def test_every_model_has_five_permissions(app: Flask) -> None:
    names = all_permissions(app)

    assert {f"order.{action}" for action in ("view", "create", "edit", "delete", "export")} <= set(names)
    assert "admin.access" in names
    assert len(names) == len(set(names))


def test_an_unknown_permission_comes_with_the_nearest_one(app: Flask) -> None:
    assert unknown_permissions(app, ["order.veiw", "order.edit"]) == {"order.veiw": "order.view"}


def test_a_permission_taken_away_counts_at_the_next_request(make_app: MakeApp) -> None:
    app = make_app()

    @app.get("/orders")
    @permission_required("order.view")
    def orders() -> str:
        return "orders"

    @app.get("/in")
    def sign_in() -> str:
        login_user(db.session.get(user_class(), 1))
        return ""

    with app.app_context():
        role_id = a_user("order.view").roles[0].id
    client = app.test_client()
    client.get("/in")
    before = client.get("/orders").status_code
    with app.app_context():
        db.session.get(Role, role_id).permissions = set()
        db.session.commit()

    assert (before, client.get("/orders").status_code) == (200, 403)


def test_a_stranger_is_sent_to_sign_in_with_the_way_back(make_app: MakeApp) -> None:
    app = make_app()

    @app.route("/private", methods=["GET"])
    @login_required
    def private() -> str:
        return "private"

    client = app.test_client()

    assert client.get("/private?page=2").location == "/auth/login?next=/private?page%3D2"
    assert client.get("/private", headers={"Accept": "application/json"}).status_code == 401
