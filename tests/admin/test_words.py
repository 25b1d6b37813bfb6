"""What pages call columns, records and permissions, and how they show numbers in forms."""

import re
from decimal import Decimal

import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, hidden

from demijohn import db
from demijohn.admin import ModelView
from demijohn.auth.models import Role


class NamedView(ModelView):
    model = Order
    column_labels = {"placed_at": "Moment Of Truth"}
    column_searchable_list = ("note", "customer.name")
    name_singular = "purchase"


def headings(page: str) -> list[str]:
    return re.findall(r'class="dm-sort"[^>]*>([^<]+)', page)


def labels(page: str) -> list[str]:
    return re.findall(r'<label class="form-label"[^>]*>([^<]+)', page)


def placeholder(page: str) -> str:
    found = re.search(r'<input[^>]*type="search"[^>]*>', page)
    return re.search(r'placeholder="([^"]*)"', found.group(0)).group(1) if found else ""


def order(app: Flask, total: Decimal) -> None:
    add(app, Order(customer=Customer(name="Ada", email="ada@example.com"), total=total, note="first"))


def test_columns_and_fields_are_named_as_a_sentence(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    order(app, Decimal(5))
    boss = visit(app, "*")

    assert "Placed at" in headings(boss.get("/admin/order/").text)
    assert "Placed at" in labels(boss.get("/admin/order/new/").text)


def test_names_that_a_view_gives_win(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin(admin_views=[NamedView])
    order(app, Decimal(5))
    boss = visit(app, "*")

    listed = boss.get("/admin/order/").text
    new = boss.get("/admin/order/new/").text

    assert "Moment Of Truth" in headings(listed)
    assert placeholder(listed).endswith("note, customer name")
    assert "Moment Of Truth" in labels(new)
    assert "<h1>New purchase</h1>" in new


def test_new_record_is_called_by_its_class(make_admin: MakeAdmin, visit: Visit) -> None:
    boss = visit(make_admin(), "*")

    assert "<h1>New order</h1>" in boss.get("/admin/order/new/").text
    assert "<h1>New role</h1>" in boss.get("/admin/role/new/").text
    assert 'aria-label="New user"' in boss.get("/admin/").text


def shown_total(boss: Visitor) -> str:
    return hidden(boss.get("/admin/order/edit/?id=1").text, "total")


def test_decimal_is_shown_without_zeros_that_only_fill_up(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    order(app, Decimal("972.9"))
    boss = visit(app, "*")

    seen = [shown_total(boss)]
    for typed in ("1.2345", "1000", "-0.5"):
        assert boss.submit("/admin/order/edit/?id=1", total=typed).status_code == 302
        seen.append(shown_total(boss))

    assert seen == ["972.90", "1.2345", "1000.00", "-0.50"]


def test_form_sent_as_shown_changes_no_decimal(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    order(app, Decimal("972.9"))
    boss = visit(app, "*")

    assert boss.submit("/admin/order/edit/?id=1", note="second").status_code == 302

    with app.app_context():
        entry = db.session.execute(sa.text("SELECT changes FROM audit_entry WHERE action = 'update'")).scalar_one()
        assert "note" in entry
        assert "total" not in entry
        assert db.session.get(Order, 1).total == Decimal("972.9")


def test_what_was_typed_wrongly_is_shown_as_typed(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    order(app, Decimal(5))
    boss = visit(app, "*")

    answer = boss.submit("/admin/order/edit/?id=1", total="1.50x")

    assert answer.status_code == 422
    assert hidden(answer.text, "total") == "1.50x"


def rows_of_boxes(page: str) -> dict[str, list[str]]:
    """Legend -> the values of its boxes, in order."""
    groups = re.findall(r"<fieldset><legend>(.*?)</legend>(.*?)</fieldset>", page, re.DOTALL)
    return {legend: re.findall(r'value="([^"]*)"', boxes) for legend, boxes in groups}


def test_permissions_stand_in_a_row_per_table_from_looking_to_taking_away(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    add(app, Role(name="Clerk", permissions={"admin.access", "order.edit", "order.refund"}))

    page = visit(app, "*").get("/admin/role/edit/?id=1").text
    rows = rows_of_boxes(page)

    assert next(iter(rows.items())) == ("General", ["admin.access"])
    assert rows["Customer"] == [f"customer.{verb}" for verb in ("view", "create", "edit", "delete", "export")]
    assert rows["Order"][-1] == "order.refund"
    assert rows["Audit entry"] == ["audit_entry.view", "audit_entry.export"]
    ticked = re.findall(r'<input type="checkbox" name="permissions" value="([^"]*)" checked>', page)
    assert sorted(ticked) == ["admin.access", "order.edit", "order.refund"]
