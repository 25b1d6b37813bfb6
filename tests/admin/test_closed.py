"""The dashboard is closed: attacked over HTTP at every address it has."""

import re
from decimal import Decimal

import pytest
from flask import Flask
from flask_admin import BaseView, expose
from flask_admin.contrib.sqla import ModelView as StockModelView
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add
from werkzeug.routing import Rule

from demijohn import db
from demijohn.admin import ModelView


class Report(BaseView):
    @expose("/")
    def index(self) -> str:
        return "the report"

    @expose("/send/", methods=("POST",))
    def send(self) -> str:
        return "sent"


class StockOrders(StockModelView):
    can_view_details = True


def admin_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin")]


def address(rule: Rule) -> str:
    path = rule.rule.replace("<export_type>", "csv").replace("<path:filename>", "admin/css/bootstrap4/admin.css")
    return re.sub(r"<int:\w+>", "1", path) + "?id=1"


@pytest.fixture
def app(make_admin: MakeAdmin) -> Flask:
    app = make_admin(admin_views=[Report])
    app.extensions["admin"][0].add_view(Report(name="Later", endpoint="later"))
    app.extensions["admin"][0].add_view(StockOrders(Order, db, endpoint="stock_order", url="/admin/stock-order"))
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5)))
    return app


def test_a_stranger_gets_nothing_at_any_address(app: Flask, visit: Visit) -> None:
    stranger = visit(app)
    rules = admin_rules(app)

    answers = {rule.endpoint: stranger.get(address(rule)) for rule in rules if "GET" in (rule.methods or ())}

    assert len(rules) > 30
    assert {a.status_code for a in answers.values()} <= {302, 401, 308}
    assert all("Ada" not in a.text and "the report" not in a.text for a in answers.values())
    assert all(a.location.startswith(("/auth/login", "http://localhost/admin/")) for a in answers.values())


def test_a_strangers_post_with_a_token_changes_nothing(app: Flask, visit: Visit) -> None:
    stranger = visit(app)
    posts = [rule for rule in admin_rules(app) if "POST" in (rule.methods or ())]

    for rule in posts:
        answer = stranger.send(address(rule), {"id": "1", "rowid": "1", "action": "delete", "total": "1"})
        assert answer.status_code in {302, 401}, rule.rule
    with app.app_context():
        assert db.session.get(Order, 1).total == Decimal(5)


def test_no_post_goes_without_a_token(app: Flask, visit: Visit) -> None:
    superuser = visit(app, "*")

    for rule in admin_rules(app):
        if "POST" in (rule.methods or ()):
            answer = superuser.client.post(address(rule), data={"id": "1", "rowid": "1", "action": "delete"})
            assert answer.status_code == 400, rule.rule
    with app.app_context():
        assert db.session.get(Order, 1) is not None


def test_a_person_without_rights_gets_403_everywhere(app: Flask, visit: Visit) -> None:
    person = visit(app, "-")

    statuses = {person.get(address(r)).status_code for r in admin_rules(app) if "GET" in (r.methods or ())}

    assert statuses <= {403, 308}


def test_a_model_nobody_gave_is_invisible_and_closed(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "order.view")

    page = clerk.get("/admin/order/").text

    assert "/admin/customer/" not in page
    assert clerk.get("/admin/customer/").status_code == 403
    assert clerk.get("/admin/customer/ajax/lookup/?name=orders").status_code == 403


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("/admin/order/new/", "order.create"),
        ("/admin/order/edit/?id=1", "order.edit"),
        ("/admin/order/delete/?id=1", "order.delete"),
        ("/admin/order/export/csv/", "order.export"),
    ],
)
def test_who_may_view_may_not_therefore_do_more(app: Flask, visit: Visit, path: str, needed: str) -> None:
    viewer, holder = visit(app, "order.view"), visit(app, "order.view", needed)

    assert viewer.get(path).status_code == 403
    assert viewer.send(path, {"id": "1", "total": "1"}).status_code in {403, 405}
    assert holder.get(path).status_code == 200


def test_a_viewer_sees_details_and_no_forms(app: Flask, visit: Visit) -> None:
    viewer = visit(app, "order.view")

    page = viewer.get("/admin/order/").text

    assert viewer.get("/admin/order/details/?id=1").status_code == 200
    assert "/admin/order/new/" not in page
    assert "/admin/order/edit/" not in page
    assert "/admin/order/export/" not in page


def test_a_bulk_delete_needs_the_right_to_delete(app: Flask, visit: Visit) -> None:
    editor = visit(app, "order.view", "order.edit")

    answer = editor.send("/admin/order/action/", {"action": "delete", "rowid": "1"})

    assert answer.status_code == 403
    with app.app_context():
        assert db.session.get(Order, 1) is not None


def test_a_plain_page_asks_for_staff(app: Flask, visit: Visit) -> None:
    clerk = visit(app, "order.view")

    assert clerk.get("/admin/report/").text == "the report"
    assert clerk.get("/admin/later/").text == "the report"


def test_a_stock_view_added_later_asks_for_its_models_permission(app: Flask, visit: Visit) -> None:
    clerk, other = visit(app, "order.view"), visit(app, "customer.view")

    assert "Ada" in clerk.get("/admin/stock-order/").text
    assert clerk.get("/admin/stock-order/new/").status_code == 403
    assert other.get("/admin/stock-order/").status_code == 403


def test_no_get_writes(app: Flask, visit: Visit) -> None:
    superuser = visit(app, "*")

    for rule in admin_rules(app):
        if "GET" in (rule.methods or ()):
            superuser.get(address(rule) + "&rowid=1&action=delete&total=1&name=x").close()
    with app.app_context():
        order = db.session.get(Order, 1)
        assert (order.total, order.customer.name) == (Decimal(5), "Ada")


def test_a_lookup_asks_for_the_related_models_permission(app: Flask, visit: Visit) -> None:
    clerk, helped = visit(app, "order.view", "order.create"), visit(app, "order.view", "order.create", "customer.view")
    path = "/admin/order/ajax/lookup/?name=customer&query=ada"

    assert clerk.get(path).status_code == 403
    assert helped.get(path).json == [["1", "Ada"]]


def test_a_right_taken_away_counts_at_once(app: Flask, visit: Visit) -> None:
    from demijohn.auth.models import Role

    clerk = visit(app, "order.view")
    before = clerk.get("/admin/order/").status_code
    with app.app_context():
        db.session.scalars(db.select(Role)).one().permissions = set()
        db.session.commit()

    assert (before, clerk.get("/admin/order/").status_code) == (200, 403)


@pytest.mark.parametrize(
    "target", ["//evil.example.com", "/\\evil.example.com", "https:evil.example.com", "javascript:alert(1)"]
)
def test_no_page_sends_people_elsewhere(app: Flask, visit: Visit, target: str) -> None:
    boss = visit(app, "*")
    query = {"id": "999", "url": target}

    places = [
        boss.client.get(f"/admin/order/{page}/", query_string=query).location for page in ("edit", "details", "delete")
    ]
    places.append(boss.confirm("/admin/order/delete/", {"id": "1", "url": target}).location)
    places.append(boss.send("/admin/order/action/", {"action": "none", "url": target}).location)

    assert set(places) == {"/admin/order/"}


class Own(ModelView):
    model = Customer

    def is_accessible(self) -> bool:
        return True

    def inaccessible_callback(self, name: str, **kwargs: object) -> str:
        return "come in"


def test_what_a_view_overrides_does_not_open_it(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin_views=[Own])

    assert visit(app).get("/admin/customer/").status_code == 302
    assert visit(app, "order.view").get("/admin/customer/").status_code == 403
