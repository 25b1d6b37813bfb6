"""How views come about: by themselves, by the project, in place of each other; and what is refused."""

import threading
from decimal import Decimal

import pytest
from flask import Blueprint, Flask
from flask_admin import BaseView, expose
from flask_admin.contrib.sqla import ModelView as StockModelView
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add
from tests.conftest import MakeApp
from workshop import Gadget

from demijohn import SetupError, db
from demijohn.admin import ModelView
from demijohn.checks import run_checks


class OrderView(ModelView):
    model = Order
    name = "Purchases"
    column_list = ("total",)


class Hidden(ModelView):
    model = Customer
    hidden = True


class Elsewhere(ModelView):
    model = Customer
    endpoint = "people"
    url = "/admin/people"


class ReadOnly(ModelView):
    model = Order
    can_create = can_delete = False

    @property
    def can_edit(self) -> bool:
        return False


def endpoints(app: Flask) -> set[str]:
    return set(app.blueprints)


def test_every_model_has_a_view_at_its_tables_name(make_app: MakeApp) -> None:
    app = make_app()

    with app.test_request_context():
        from flask import url_for

        assert url_for("admin_order.index_view") == "/admin/order/"
        assert url_for("admin_order.edit_view", id=1) == "/admin/order/edit/?id=1"
        assert url_for("admin.index") == "/admin/"


def test_a_blueprint_of_the_application_never_collides(make_app: MakeApp) -> None:
    app = make_app()

    app.register_blueprint(Blueprint("order", __name__))

    assert {"order", "admin_order"} <= endpoints(app)


@pytest.mark.parametrize("view", [OrderView, OrderView()], ids=["class", "instance"])
def test_a_projects_view_takes_the_place_of_ours(make_admin: MakeAdmin, visit: Visit, view: object) -> None:
    app = make_admin(admin_views=[OrderView if isinstance(view, type) else OrderView()])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5)))

    page = visit(app, "*").get("/admin/order/").text

    assert "Purchases" in page
    assert "Ada" not in page


def test_a_hidden_model_has_no_view(make_app: MakeApp) -> None:
    assert "admin_customer" not in endpoints(make_app(admin_views=[Hidden]))


def test_an_explicit_endpoint_decides(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin_views=[Elsewhere])

    assert "people" in endpoints(app)
    assert visit(app, "*").get("/admin/people/").status_code == 200


def test_what_a_view_switches_off_is_off_for_a_superuser(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin_views=[ReadOnly])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(5)))
    boss = visit(app, "*")

    assert boss.confirm("/admin/order/delete/", {"id": "1"}).status_code == 302
    assert boss.get("/admin/order/edit/?id=1").status_code == 302
    assert boss.get("/admin/order/new/").status_code == 302
    with app.app_context():
        assert db.session.get(Order, 1) is not None


def test_a_stock_view_added_later_replaces_ours_at_its_address(make_admin: MakeAdmin, visit: Visit) -> None:
    class Stock(StockModelView):
        column_list = ("email",)

    app = make_admin()
    app.extensions["admin"][0].add_view(Stock(Customer, db))
    add(app, Customer(name="Ada", email="ada@example.com"))

    page = visit(app, "*").get("/admin/customer/").text

    assert "ada@example.com" in page
    assert ">Ada<" not in page
    assert page.count('href="/admin/customer/"') == 1


def test_a_stock_view_shows_no_secret_either(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin("workshop")
    app.extensions["admin"][0].add_view(StockModelView(Gadget, db, endpoint="stock", url="/admin/stock"))
    add(app, Gadget(name="Plane", api_key="sk-very-secret"))
    boss = visit(app, "*")

    for place in ("", "edit/?id=1", "details/?id=1", "export/csv/"):
        answer = boss.get(f"/admin/stock/{place}")
        assert "sk-very-secret" not in answer.text
        assert answer.status_code == 200


def test_two_applications_have_views_of_their_own(make_app: MakeApp) -> None:
    one, two = make_app(), make_app(admin_views=[Hidden])

    assert one.extensions["admin"][0] is not two.extensions["admin"][0]
    assert "admin_customer" in endpoints(one)
    assert "admin_customer" not in endpoints(two)


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("column_list", ("name", "api_key")),
        ("column_details_list", ("pin",)),
        ("column_export_list", ("picture",)),
        ("column_searchable_list", ("api_key",)),
        ("column_sortable_list", (("name", "api_key"),)),
        ("column_filters", ("api_key",)),
        ("column_filters", (Gadget.api_key,)),
        ("form_columns", ("name", "pin")),
    ],
)
def test_an_option_that_names_a_secret_is_refused(make_app: MakeApp, option: str, named: tuple[object, ...]) -> None:
    view = type("Leaky", (ModelView,), {"model": Gadget, option: named})

    with pytest.raises(SetupError) as refused:
        make_app("workshop", admin_views=[view])

    assert f"Leaky.{option}" in str(refused.value)
    assert "info={'secret': False}" in refused.value.fix


@pytest.mark.parametrize(
    "options",
    [{"column_filters": ("no_such",)}, {"column_searchable_list": ("no_such",)}, {"form_columns": ("no_such",)}],
)
def test_a_wrong_column_name_is_found_by_the_check(make_app: MakeApp, options: dict[str, object]) -> None:
    with pytest.raises(SetupError) as refused:
        make_app(admin_views=[type("Wrong", (ModelView,), {"model": Order, **options})])

    assert "Wrong" in str(refused.value)
    assert "customer_id" in refused.value.fix


def test_in_production_views_are_built_at_first_use(make_app: MakeApp) -> None:
    app = make_app(environment="production", public_url="https://shop.example.com")

    assert not [view for view in app.extensions["admin"][0].model_views() if view._built]


def test_two_views_of_one_model_at_one_address_are_refused(make_app: MakeApp) -> None:
    with pytest.raises(SetupError, match="both the view of Order"):
        make_app(admin_views=[OrderView, ReadOnly])


def test_two_views_of_one_model_are_noticed(make_app: MakeApp) -> None:
    app = make_app(
        admin_views=[OrderView, type("Second", (ModelView,), {"model": Order, "endpoint": "s", "url": "/admin/s"})]
    )

    assert "admin.W003" in {problem.id for problem in run_checks(app)}


def test_what_is_no_view_is_refused(make_app: MakeApp) -> None:
    with pytest.raises(SetupError, match="no admin view"):
        make_app(admin_views=[Order])


def test_a_view_without_a_model_is_refused(make_app: MakeApp) -> None:
    with pytest.raises(SetupError, match="names no model"):
        make_app(admin_views=[type("Empty", (ModelView,), {})])


def test_threads_that_ask_first_together_get_one_built_view(make_app: MakeApp) -> None:
    app = make_app(environment="production", public_url="https://shop.example.com")
    view = next(v for v in app.extensions["admin"][0].model_views() if v.model is Order)
    start, seen = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        with app.app_context():
            seen.append((view._create_form_class, view._filters, tuple(view._list_columns)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 8
    assert len({id(form) for form, _, _ in seen}) == 1


class Page(BaseView):
    @expose("/")
    def index(self) -> str:
        raise TypeError("a fault of its own")


class Exposing(ModelView):
    model = Order

    @expose("/broken/")
    def broken(self) -> str:
        raise TypeError("a fault of its own")


def test_a_page_that_raises_a_type_error_says_so(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin_views=[Exposing])

    with pytest.raises(TypeError, match="a fault of its own"):
        visit(app, "*").get("/admin/order/broken/")
