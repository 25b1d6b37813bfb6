"""Addresses of a project that ask nobody: what the check says and what assert_protected finds."""

from typing import Any

import pytest
from flask import Blueprint, Flask, abort, request
from flask.views import MethodView
from setup_faults import Mending
from shop import Customer, Order
from tests.conftest import MakeApp

from demijohn import current_user, db, login_required, permission_required, recent_login_required
from demijohn.auth.models import Role, user_class
from demijohn.checks import run_checks, run_startup_checks
from demijohn.settings import Settings
from demijohn.testing_client import Client, sign_in
from demijohn.testing_routes import faults_of_routes


def add_routes(app: Flask) -> None:
    app.add_url_rule("/page", "page", lambda: "page")
    app.add_url_rule("/subscribe", "subscribe", view_func=subscribe, methods=("POST",))
    app.add_url_rule("/private", "private", login_required(private), methods=("GET", "POST"))
    app.add_url_rule("/money", "money", recent_login_required(private), methods=("POST",))
    app.add_url_rule("/orders/<int:key>", "order", permission_required("order.edit")(private), methods=("DELETE",))
    app.add_url_rule("/api", view_func=Api.as_view("api"))
    app.add_url_rule("/half", view_func=Half.as_view("half"))
    staff = Blueprint("staff", __name__)
    staff.before_request(lambda: None if current_user.is_authenticated else abort(403))
    staff.add_url_rule("/staff", "pay", subscribe, methods=("POST",))
    app.register_blueprint(staff)


def subscribe() -> str:
    return "done"


def private(**arguments: Any) -> str:
    return "private"


class Api(MethodView):
    decorators = [permission_required("order.view")]

    def post(self) -> str:
        return "done"


class Half(MethodView):
    @login_required
    def get(self) -> str:
        return "seen"

    def post(self) -> str:
        return "done"


def found(app: Flask, *, deploy: bool = True) -> list[tuple[str, str]]:
    return [(p.id, p.text) for p in run_checks(app, deploy=deploy) if p.id in {"auth.E080", "auth.W080", "auth.I080"}]


def test_the_check_names_what_strangers_may_write_to(make_app: MakeApp) -> None:
    app = make_app()
    add_routes(app)

    assert found(app) == [
        ("auth.W080", "'half' takes POST from anybody."),
        ("auth.W080", "'subscribe' takes POST from anybody."),
        ("auth.I080", "anybody may open page."),
    ]


def test_what_is_said_to_be_public_is_not_named(make_app: MakeApp) -> None:
    app = make_app(auth={"public_endpoints": ["subscribe", "half", "page"]})
    add_routes(app)

    assert found(app) == []


def test_a_permission_nobody_can_hold_is_an_error_with_the_nearest(make_app: MakeApp) -> None:
    app = make_app()
    app.add_url_rule("/a", "a", permission_required("order.veiw")(private))
    app.add_url_rule("/b", "b", permission_required("report.run")(private))

    problems = [p for p in run_checks(app) if p.id == "auth.E080"]

    assert [p.text for p in problems] == [
        "'a' asks for the permission 'order.veiw', which nobody can hold.",
        "'b' asks for the permission 'report.run', which nobody can hold.",
    ]
    assert problems[0].fix == "write 'order.view'; or, if it is yours: FLASK_AUTH__PERMISSIONS=order.veiw"
    own = make_app(auth={"permissions": ["report.run"]})
    own.add_url_rule("/b", "b", permission_required("report.run")(private))
    assert found(own) == []


@pytest.mark.mends("auth/rights/checks.py:check_permissions")
def test_a_permission_of_the_projects_own_is_declared_as_the_error_says(
    make_app: MakeApp, mending: Mending, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> None:
        app = make_app()
        app.add_url_rule("/b", "b", permission_required("report.run")(private))
        run_startup_checks(app)

    for name, value in mending.refused(start).variables().items():
        monkeypatch.setenv(name, value)

    mending.started(start)


@pytest.mark.parametrize("name", ["report", ".run", "report.", "re port.run", "x." + "y" * 200])
def test_a_permission_is_written_in_two_parts(name: str) -> None:
    with pytest.raises(Exception, match=r"is no permission; write it like report\.run"):
        Settings(auth={"permissions": [name]})


def test_a_record_of_the_view_is_asked(make_app: MakeApp) -> None:
    app = make_app("helpdesk")
    from helpdesk import Ticket

    @app.get("/tickets/<int:key>")
    @permission_required("ticket.view", record=lambda key: db.session.get(Ticket, key))
    def show(key: int) -> str:
        return f"ticket {key}"

    with app.app_context():
        role = Role(name="agents", permissions={"ticket.view"})
        db.session.add(user_class()(id=1, email="ada@example.com", roles=[role]))
        db.session.add_all([Ticket(id=1, title="a", agent_id=1), Ticket(id=2, title="b", agent_id=2)])
        db.session.commit()
    client = Client(app, app.response_class)
    before = client.get("/tickets/1", headers={"Accept": "application/json"}).status_code
    sign_in(client, "ada@example.com")

    assert (before, [client.get(f"/tickets/{key}").status_code for key in (1, 2, 3)]) == (401, [200, 404, 404])


def test_a_program_without_the_permission_gets_a_problem(make_app: MakeApp) -> None:
    app = make_app()
    app.add_url_rule("/a", "a", permission_required("order.edit")(private))
    client = Client(app, app.response_class)
    sign_in(client, "ada@example.com", permissions=["order.view"])

    answer = client.get("/a", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")


def test_assert_protected_names_each_fault(make_app: MakeApp) -> None:
    app = make_app(security={"csrf_exempt": ["subscribe"]})
    add_routes(app)
    app.extensions["csrf"].exempt(app.view_functions["subscribe"])

    @app.get("/visit/<int:key>")
    @login_required
    def visit(key: int) -> str:
        db.session.add(Customer(name=request.path, email="x@example.com"))
        db.session.commit()
        return "seen"

    faults = faults_of_routes(app, Client(app, app.response_class), public={"page"})

    assert faults == [
        "open to strangers: subscribe (POST /subscribe answers 200)",
        "open to strangers: half (POST /half answers 200)",
        "writes on GET: visit (/visit/1 writes audit_entry, customer)",
    ]
    assert Order.__table__.name == "order"
