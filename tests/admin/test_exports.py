"""Exports: streamed, the same rows as the list, harmless in a spreadsheet, recorded."""

import contextvars
import csv
import io
import json
import re
import tracemalloc
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add
from tests.conftest import MakeApp

from demijohn import db
from demijohn.admin import ModelView
from demijohn.admin.exports.cells import safe_cell, sheet_value
from demijohn.admin.jobs.runner import jobs_of


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def shop(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(database={"url": database_url})
    add(app, Customer(name="Ada", email="ada@example.com"), Customer(name="=1+1", email="b@example.com"))
    add(app, *(Order(customer_id=n % 2 + 1, total=Decimal(n) / 2, note=f"note {n}") for n in range(1200)))
    return app


def test_all_rows_go_out_with_the_names_of_relations(shop: Flask, visit: Visit) -> None:
    answer = visit(shop, "*").get("/admin/order/export/csv/")

    found = rows(answer.text)
    assert found[0] == ["Id", "Customer", "Status", "Total", "Note", "Placed at"]
    assert len(found) == 1201
    assert found[1] == ["1200", "'=1+1", "draft", "599.5000", "note 1199", ""]
    assert found[2][1] == "Ada"
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]


def test_an_export_keeps_search_filters_and_order(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    link = next(
        part for part in clerk.get("/admin/order/?search=note+11&sort=0").text.split('"') if "/export/csv/" in part
    )

    found = rows(clerk.get(link.replace("&amp;", "&")).text)

    assert len(found) == 1 + 120
    assert [row[4] for row in found[1:3]] == ["note 11", "note 110"]


@pytest.mark.parametrize("argument", ["_scheme=javascript&_external=1", "endpoint=x", "_anchor=y", "_method=POST"])
def test_no_argument_of_the_address_leads_an_export_elsewhere(shop: Flask, visit: Visit, argument: str) -> None:
    answer = visit(shop, "*").get(f"/admin/order/export/?{argument}")

    assert answer.status_code == 200
    assert f'href="/admin/order/?{argument.replace("&", "&amp;")}"' in answer.text


def test_an_export_is_recorded_with_count_and_filters(shop: Flask, visit: Visit) -> None:
    from demijohn.audit.models import AuditEntry

    clerk = visit(shop, "*")
    clerk.get("/admin/order/export/csv/")
    clerk.get("/admin/order/export/csv/?search=note+11")

    with shop.app_context():
        exports = sa.select(AuditEntry).where(AuditEntry.action == "export").order_by(AuditEntry.id)
        whole, entry = db.session.scalars(exports).all()
        assert whole.changes["rows"] == [None, 1200]
        assert (entry.table, entry.changes["rows"], entry.changes["search"]) == (
            "order",
            [None, 120],
            [None, "note 11"],
        )
        assert entry.actor_id is not None


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("+49 30 1", "'+49 30 1"), ("-cmd", "'-cmd"), ("@SUM(1)", "'@SUM(1)"), ("\tx", "'\tx"),
        ("\rx", "'\rx"), (" =1", "' =1"), ("-5", "-5"), (-5, -5), (Decimal("-5.5"), "-5.5"), ("plain", "plain"),
        (None, ""),
    ],
)  # fmt: skip
def test_a_cell_does_not_run_in_a_spreadsheet(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


def test_a_large_export_starts_before_it_is_read_and_stays_small(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    with app.app_context():
        db.session.execute(
            sa.insert(Customer), [{"name": "x" * 100, "email": f"{n}@example.com"} for n in range(20_000)]
        )
        db.session.commit()
    clerk = visit(app, "*")
    clerk.get("/admin/customer/")

    tracemalloc.start()
    answer = clerk.client.get("/admin/customer/export/csv/")
    chunks = iter(answer.response)
    first, peak_at_first = next(chunks), tracemalloc.get_traced_memory()[1]
    lines = first.count(b"\n") + sum(chunk.count(b"\n") for chunk in chunks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    answer.close()

    assert 400 < first.count(b"\n") < 600
    assert lines == 20_001
    assert peak < peak_at_first + 3_000_000


def test_a_running_export_holds_no_write_lock(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    with app.app_context():
        db.session.execute(sa.insert(Customer), [{"name": "x", "email": f"{n}@example.com"} for n in range(2_000)])
        db.session.commit()
    clerk, other = visit(app, "*"), visit(app, "*")

    elsewhere = contextvars.copy_context()  # the export's own request goes on, as in a thread of its own
    answer = elsewhere.run(clerk.client.get, "/admin/customer/export/csv/")
    elsewhere.run(next, iter(answer.response))
    saved = other.submit("/admin/customer/new/", name="New", email="new@example.com")
    elsewhere.run(answer.close)

    assert saved.status_code == 302


class Priced(ModelView):
    model = Order
    column_export_list = ("customer.email", "double")
    column_formatters_export = {"double": lambda view, context, order, name: f"={order.total * 2}"}


def test_a_projects_own_columns_are_exported(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin_views=[Priced])
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=Decimal(2)))

    found = rows(visit(app, "*").get("/admin/order/export/csv/").text)

    assert found[1:] == [["ada@example.com", "'=4.0000"]] or found[1:] == [["ada@example.com", "'=4"]]


@pytest.mark.parametrize("kind", ["ods", "nonsense", "%00"])
def test_another_kind_of_export_is_404(make_app: MakeApp, shop: Flask, visit: Visit, kind: str) -> None:
    assert visit(shop, "*").get(f"/admin/order/export/{kind}/").status_code == 404


@pytest.mark.extra
def test_a_workbook_holds_text_as_text_and_numbers_as_numbers(make_admin: MakeAdmin, visit: Visit) -> None:
    from openpyxl import load_workbook

    app = make_admin()
    add(app, Customer(name="=1+1", email="007"), Customer(name="bell\x07", email="9" * 20))
    add(app, Order(customer_id=1, total=Decimal("5.25"), note="12"))
    clerk = visit(app, "*")

    answer = clerk.get("/admin/customer/export/xlsx/?columns=name,email&sort=0")
    people = load_workbook(io.BytesIO(answer.data)).active
    orders = load_workbook(io.BytesIO(clerk.get("/admin/order/export/xlsx/?columns=total,note").data)).active

    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert [[(c.value, c.data_type) for c in row] for row in people.iter_rows(min_row=2)] == [
        [("=1+1", "s"), ("007", "s")],
        [("bell\ufffd", "s"), ("9" * 20, "s")],
    ]
    assert [[c.value for c in row] for row in orders.iter_rows(min_row=2)] == [[5.25, "12"]]


@pytest.mark.parametrize(
    ("value", "held"),
    [(10**14, 10**14), (10**17 + 1, str(10**17 + 1)), (Decimal("0.1"), Decimal("0.1")), ("007", "007"), (True, "Yes")],
    ids=["exact", "too long", "decimal", "zeros", "yes"],
)
def test_a_workbook_rounds_nothing(value: object, held: object) -> None:
    assert sheet_value(value) == held


def test_json_holds_decimals_as_text_and_lines_are_one_record_each(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    whole = clerk.get("/admin/order/export/json/?columns=id,total,customer,status&search=note+1199").json
    lines = clerk.get("/admin/order/export/jsonl/?columns=id,total").text.splitlines()

    assert whole == [{"id": 1200, "total": "599.5000", "customer": "=1+1", "status": "draft"}]
    assert len(lines) == 1200
    assert json.loads(lines[0]) == {"id": 1200, "total": "599.5000"}
    assert clerk.get("/admin/order/export/json/?search=zzzz").json == []


def test_columns_are_chosen_in_the_address(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    chosen = rows(clerk.get("/admin/order/export/csv/?columns=total,id&columns=nonsense").text)
    page = clerk.get("/admin/order/export/?search=note+1199&columns=total")

    assert chosen[:2] == [["Total", "Id"], ["599.5000", "1200"]]
    assert re.findall(r'name="columns" value="(\w+)" checked', page.text) == ["total"]
    assert '<input type="hidden" name="search" value="note 1199">' in page.text


def test_chosen_records_are_exported(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "order.view", "order.export")

    page = clerk.send("/admin/order/action/", {"action": "export", "rowid": ["3", "5"]})
    fields = {"rowid": re.findall(r'name="rowid" value="(\d+)"', page.text), "columns": "id"}
    found = rows(clerk.send("/admin/order/export/csv/", fields).text)

    assert found == [["Id"], ["5"], ["3"]]


def test_an_export_in_the_background_ends_as_a_private_file(shop: Flask, visit: Visit) -> None:
    clerk, other = visit(shop, "order.view", "order.export"), visit(shop, "order.view", "order.export")

    asked = clerk.get("/admin/order/export/csv/?search=note+11&columns=note&background=1")
    jobs_of(shop).run_waiting()
    status = clerk.get(f"{asked.location}status/").json
    found = clerk.get(status["result_url"])

    assert (status["message"], status["done"]) == ("120 rows are ready to be fetched.", 120)
    assert len(rows(found.text)) == 121
    assert rows(found.text)[0] == ["Note"]
    assert found.headers["Content-Disposition"].startswith("attachment; filename=")
    assert other.get(status["result_url"]).status_code == 404


def test_who_lost_the_permission_meanwhile_gets_no_file(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "order.view", "order.export")
    asked = clerk.get("/admin/order/export/csv/?background=1")
    with shop.app_context():
        db.session.execute(sa.text("DELETE FROM role_permission WHERE permission = 'order.export'"))
        db.session.commit()

    jobs_of(shop).run_waiting()

    assert "may not export" in clerk.get(f"{asked.location}status/").json["message"]


def test_more_rows_than_the_setting_allows_do_not_leave(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin={"export_max_rows": 2})
    add(app, *(Customer(name="x", email=f"{n}@example.com") for n in range(3)))
    clerk = visit(app, "*")

    answer = clerk.get("/admin/customer/export/csv/")

    assert answer.status_code == 302
    assert "3 rows, and 2 may leave at once" in clerk.get(answer.location).text
    assert len(rows(clerk.get("/admin/customer/export/csv/?search=1@").text)) == 2


@pytest.mark.parametrize("address", ["export/", "export/csv/", "export/xlsx/?background=1"])
def test_exports_are_closed_without_the_permission(shop: Flask, visit: Visit, address: str) -> None:
    assert visit(shop, "order.view").get(f"/admin/order/{address}").status_code == 403
