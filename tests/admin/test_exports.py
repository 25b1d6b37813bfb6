"""Exports: streamed, the same rows as the list, harmless in a spreadsheet, recorded."""

import csv
import io
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
from demijohn.admin.exporting import safe_cell


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


def test_an_export_is_recorded_with_count_and_filters(shop: Flask, visit: Visit) -> None:
    from demijohn.audit.models import AuditEntry

    visit(shop, "*").get("/admin/order/export/csv/?search=note+11")

    with shop.app_context():
        (entry,) = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "export")).all()
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

    answer = clerk.client.get("/admin/customer/export/csv/")
    next(iter(answer.response))
    saved = other.submit("/admin/customer/new/", name="New", email="new@example.com")
    answer.close()

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


@pytest.mark.parametrize("kind", ["xlsx", "nonsense", "%00"])
def test_another_kind_of_export_is_404(make_app: MakeApp, shop: Flask, visit: Visit, kind: str) -> None:
    assert visit(shop, "*").get(f"/admin/order/export/{kind}/").status_code == 404
