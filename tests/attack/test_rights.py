"""People with few rights at the dashboard, looking for more of them."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_admin.contrib.sqla import ModelView as StockModelView
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add

from demijohn import db
from demijohn.admin import ModelView
from demijohn.auth.models import Role, user_class
from demijohn.auth.stock import User


class People(ModelView):
    model = User
    form_columns = ("email", "name", "is_active", "is_superuser", "roles")
    column_editable_list = ("is_superuser", "name")


class Roles(ModelView):
    model = Role


class StockPeople(StockModelView):
    form_columns = ("email", "is_superuser", "roles")


ADMIN_OF_PEOPLE = ("user.view", "user.create", "user.edit", "user.delete", "role.view", "role.edit", "role.delete")


@pytest.fixture(params=["own", "stock"])
def office(request: pytest.FixtureRequest, make_admin: MakeAdmin) -> Flask:
    """Screens of users and roles that a project wrote itself, without knowing of our rules."""
    stock = [StockPeople(User, db, endpoint="people", url="/admin/user"), Roles]
    app = make_admin(admin_views=[People, Roles] if request.param == "own" else stock)
    boss = User(email="boss@example.com", is_superuser=True)
    strong = Role(name="strong", permissions={"order.view", "order.delete"})
    add(app, boss, strong, User(email="ada@example.com", roles=[strong]))
    return app


def user(app: Flask, email: str) -> dict[str, Any]:
    with app.app_context():
        found = db.session.scalars(sa.select(user_class()).where(user_class().email == email)).one_or_none()
        if found is None:
            return {}
        return {"is_superuser": found.is_superuser, "roles": {r.name for r in found.roles}, "email": found.email}


def test_a_projects_own_screen_of_users_makes_nobody_a_superuser(office: Flask, visit: Visit) -> None:
    clerk = visit(office, *ADMIN_OF_PEOPLE)
    me = "visitor0@example.com"
    edit = f"/admin/user/edit/?id={key_of(office, me)}"

    raised = clerk.submit(edit, is_superuser="y")
    made = clerk.submit("/admin/user/new/", email="twin@example.com", is_superuser="y")

    assert (raised.status_code, made.status_code) == (422, 422)
    assert user(office, me)["is_superuser"] is False
    assert user(office, "twin@example.com") == {}


def test_a_projects_own_screen_of_users_gives_no_stronger_role(office: Flask, visit: Visit) -> None:
    clerk = visit(office, *ADMIN_OF_PEOPLE)
    me = "visitor0@example.com"

    answer = clerk.submit(f"/admin/user/edit/?id={key_of(office, me)}", roles="1")

    assert answer.status_code == 422
    assert "strong" not in user(office, me)["roles"]


def test_a_projects_own_screen_of_users_does_not_take_over_or_delete_the_stronger(office: Flask, visit: Visit) -> None:
    clerk = visit(office, *ADMIN_OF_PEOPLE)

    for email in ("boss@example.com", "ada@example.com"):
        key = key_of(office, email)
        assert clerk.submit(f"/admin/user/edit/?id={key}", email="mine@example.com").status_code == 422
        confirm(clerk, f"/admin/user/delete/?id={key}")
        assert user(office, email)["email"] == email


def test_a_projects_own_screen_of_roles_takes_only_rights_one_has(office: Flask, visit: Visit) -> None:
    clerk = visit(office, *ADMIN_OF_PEOPLE)

    confirm(clerk, "/admin/role/delete/?id=1")
    clerk.submit("/admin/role/edit/?id=1", name="weak", users=str(key_of(office, "visitor0@example.com")))

    with office.app_context():
        assert db.session.get(Role, 1).name == "strong"
    assert "strong" not in user(office, "visitor0@example.com")["roles"]


def test_a_cell_makes_nobody_a_superuser(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin_views=[People])
    add(app, User(email="boss@example.com", is_superuser=True))
    clerk = visit(app, *ADMIN_OF_PEOPLE)
    page = clerk.get("/admin/user/").text
    digests = re.findall(r"\b[0-9a-f]{64}\b", page)
    me = key_of(app, "visitor0@example.com")

    answers = {
        clerk.send(
            "/admin/user/ajax/update/", {"list_form_pk": str(me), "is_superuser": "y", "record_digest": digest}
        ).status_code
        for digest in set(digests)
    }

    assert answers == {409, 422}
    assert user(app, "visitor0@example.com")["is_superuser"] is False


def key_of(app: Flask, email: str) -> int:
    with app.app_context():
        return int(db.session.scalars(sa.select(User.id).where(User.email == email)).one())


def confirm(visitor: Any, address: str) -> Any:
    """Open the page that asks, and press its button."""
    page = visitor.get(address)
    inputs = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page.text)
    return visitor.send(address.partition("?")[0], dict(inputs))


@pytest.mark.parametrize("field", ["password_hash", "security_stamp", "is_superuser", "id", "last_sign_in_at"])
def test_no_field_is_written_that_the_form_does_not_show(make_admin: MakeAdmin, visit: Visit, field: str) -> None:
    app = make_admin()
    add(app, User(email="ada@example.com", password_hash="kept"))
    clerk = visit(app, "user.view", "user.edit")
    before = columns(app)

    clerk.submit("/admin/user/edit/?id=1", name="Ada", **{field: "1"})

    after = columns(app)
    assert {name: value for name, value in after.items() if before[name] != value} in ({}, {"name": "Ada"})


def columns(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return dict(db.session.execute(sa.select(User.__table__).where(User.id == 1)).mappings().one())


class Scoped(ModelView):
    """A project's own rows: paid orders are nobody's business."""

    model = Customer
    column_editable_list = ("name",)

    def get_query(self) -> Any:
        return super().get_query().filter(Customer.name != "Hidden")

    def get_count_query(self) -> Any:
        return super().get_count_query().filter(Customer.name != "Hidden")


@pytest.fixture
def scoped(make_admin: MakeAdmin) -> Flask:
    app = make_admin(admin_views=[Scoped])
    add(app, Customer(name="Hidden", email="hush-hush@example.com"), Customer(name="Seen", email="seen@example.com"))
    return app


ALL = ("view", "create", "edit", "delete", "export")


@pytest.mark.parametrize(
    "path", ["", "details/?id=1", "edit/?id=1", "delete/?id=1", "history/?id=1", "export/csv/", "?search=hush"]
)
def test_rows_that_a_views_query_leaves_out_are_on_no_page(scoped: Flask, visit: Visit, path: str) -> None:
    clerk = visit(scoped, *(f"customer.{verb}" for verb in ALL))

    assert "hush-hush@" not in clerk.get(f"/admin/customer/{path}").text
    assert "hush-hush@" not in clerk.get("/admin/").text


def test_rows_that_a_views_query_leaves_out_are_not_deleted(scoped: Flask, visit: Visit) -> None:
    clerk = visit(scoped, *(f"customer.{verb}" for verb in ALL))

    clerk.send("/admin/customer/delete/", {"id": "1"})
    clerk.send("/admin/customer/action/", {"action": "delete", "rowid": "1"})
    cell = clerk.send("/admin/customer/ajax/update/", {"list_form_pk": "1", "name": "Mine"})

    assert cell.status_code == 404
    with scoped.app_context():
        assert db.session.get(Customer, 1).name == "Hidden"


def test_who_may_view_orders_learns_nothing_of_people(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    add(app, Customer(name="Ada", email="private@example.com"), User(email="colleague@example.com"))
    add(app, Order(customer_id=1, total=1))
    clerk = visit(app, "order.view")
    rules = [r for r in app.url_map.iter_rules() if r.rule.startswith("/admin") and "GET" in (r.methods or ())]

    for rule in rules:
        page = clerk.get(rule.rule.replace("<export_type>", "csv").replace("<path:filename>", "x") + "?id=1&name=roles")
        assert "private@example.com" not in page.text, rule.rule
        assert "colleague@example.com" not in page.text, rule.rule
