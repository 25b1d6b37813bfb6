"""Views that cannot be: each refusal, its fix applied as it is written, and the start that follows."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import albums
import pytest
from flask import Flask
from flask_admin import BaseView, expose
from setup_faults import Mending
from shop import Order
from workshop import Gadget

from demijohn.admin import ModelView, page
from demijohn.database import Upload

MakeApp = Callable[..., Flask]


class Page(BaseView):
    @expose("/")
    def index(self) -> str:
        return "page"


class Report(Page): ...


def view(name: str = "OrderView", **options: Any) -> type[ModelView]:
    return type(name, (ModelView,), {"model": Order, **options})


@pytest.mark.mends("admin/building.py:made")
def test_what_is_no_view(mending: Mending, make_app: MakeApp) -> None:
    fix = mending.refused(lambda: make_app(admin_views=[Order])).fix

    assert "a class derived from demijohn.admin.ModelView" in fix
    mending.started(lambda: make_app(admin_views=[view()]))


@pytest.mark.mends("admin/building.py:refuse_twins")
def test_two_views_of_one_model_at_one_address(mending: Mending, make_app: MakeApp) -> None:
    fix = mending.refused(lambda: make_app(admin_views=[view(), view("Second")])).fix
    told = dict(re.findall(r"(\w+) = '([^']+)'", fix))

    assert set(told) == {"endpoint", "url"}
    app = mending.started(lambda: make_app(admin_views=[view(), view("Second", **told)]))
    assert {f"/admin/{name}/" for name in ("order", "order_2")} <= {rule.rule for rule in app.url_map.iter_rules()}


@pytest.mark.mends("admin/site.py:refuse_taken")
def test_two_views_of_one_name(mending: Mending, make_app: MakeApp) -> None:
    fix = mending.refused(lambda: make_app(admin_views=[Page(endpoint="own"), Report(endpoint="own")])).fix
    endpoint = fix.partition("Report(endpoint='")[2].partition("'")[0]

    mending.started(lambda: make_app(admin_views=[Page(endpoint="own"), Report(endpoint=endpoint)]))


@pytest.mark.mends("admin/lazyview.py:__init__")
def test_a_view_without_a_model(mending: Mending, make_app: MakeApp) -> None:
    empty = type("Empty", (ModelView,), {})

    fix = mending.refused(lambda: make_app(admin_views=[empty])).fix

    assert fix == "write 'model = Order' (your class) in Empty."
    mending.started(lambda: make_app(admin_views=[type("Empty", (ModelView,), {"model": Order})]))


@pytest.mark.mends("admin/lazyview.py:build")
def test_a_view_that_names_no_column_of_its_model(mending: Mending, make_app: MakeApp) -> None:
    wrong = view(column_searchable_list=("nots",))

    fix = mending.refused(lambda: make_app(admin_views=[wrong])).fix

    assert "note" in fix.partition("the columns are ")[2].rstrip(".").split(", ")
    mending.started(lambda: make_app(admin_views=[view(column_searchable_list=("note",))]))


@pytest.mark.mends("admin/checks.py:check_secrets")
@pytest.mark.parametrize("column", ["name", "shown_token"], ids=["taken out", "said to be no secret"])
def test_a_view_that_names_a_secret(mending: Mending, make_app: MakeApp, column: str) -> None:
    def leaky(named: str) -> type[ModelView]:
        return view("Leaky", model=Gadget, column_searchable_list=(named,))

    fix = mending.refused(lambda: make_app("workshop", admin_views=[leaky("api_key")])).fix

    assert "take 'api_key' out, or say in the model mapped_column(info={'secret': False})" in fix
    mending.started(lambda: make_app("workshop", admin_views=[leaky(column)]))


@pytest.mark.mends("admin/columns.py:refuse_secrets")
def test_a_view_added_later_that_names_a_secret(mending: Mending, make_app: MakeApp) -> None:
    def add(column: str) -> None:
        app = make_app("workshop")
        leaky = view("Leaky", model=Gadget, column_searchable_list=(column,))(endpoint="leaky", url="/admin/leaky")
        app.extensions["admin"][0].add_view(leaky)
        with app.app_context():
            leaky.build()

    fix = mending.refused(lambda: add("api_key")).fix

    assert "take 'api_key' out" in fix
    mending.started(lambda: add("shown_token"))


def report() -> list[dict[str, int]]:
    return []


@pytest.mark.mends("admin/ownpages.py:page")
def test_a_page_without_a_name(mending: Mending, make_app: MakeApp) -> None:
    fix = mending.refused(lambda: make_app(admin_views=[page(report)])).fix  # type: ignore[arg-type]

    assert fix == 'write @page("Report").'
    mending.started(lambda: make_app(admin_views=[page("Report")(report)]))


@pytest.mark.mends("admin/ownpages.py:page[2]")
def test_a_page_with_an_icon_that_is_none(mending: Mending, make_app: MakeApp) -> None:
    fix = mending.refused(lambda: make_app(admin_views=[page("Report", icon="dragon")(report)])).fix
    icon = fix.partition("icon='")[2].partition("'")[0]

    mending.started(lambda: make_app(admin_views=[page("Report", icon=icon)(report)]))


@pytest.mark.mends("admin/site.py:refuse_taken_address")
@pytest.mark.parametrize("first", ["/admin/order", "/admin/system"], ids=["a model's", "the dashboard's"])
def test_a_page_at_the_address_of_something_else(mending: Mending, make_app: MakeApp, first: str) -> None:
    fix = mending.refused(lambda: make_app(admin_views=[page("Report", url=first)(report)])).fix
    url = fix.partition("url='")[2].partition("'")[0]

    mending.started(lambda: make_app(admin_views=[page("Report", url=url)(report)]))


@pytest.mark.mends("database/uploads.py:expanded")
def test_a_file_type_that_cannot_be_told(mending: Mending) -> None:
    fix = mending.refused(lambda: Upload(accept=("image/svg+xml",))).fix

    assert "image/*, image/png" in fix
    assert mending.started(lambda: Upload(accept=("image/*", "image/png"))).accept[0] == "image/png"


@pytest.mark.mends("admin/uploads/checks.py:check_folder")
def test_files_that_everybody_could_read(mending: Mending, make_app: MakeApp, tmp_path: Path) -> None:
    static = Path(albums.__file__).parent / "static"

    fix = mending.refused(lambda: make_app("albums", admin={"uploads_folder": str(static / "files")})).fix

    assert fix.startswith("set FLASK_ADMIN__UPLOADS_FOLDER to a folder outside of it")
    mending.started(lambda: make_app("albums", admin={"uploads_folder": str(tmp_path)}))
