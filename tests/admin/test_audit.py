"""The audit log's page: everything to read, nothing to write, by no door."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer
from tests.admin.conftest import MakeAdmin, Visit, add

from demijohn import db
from demijohn.admin import ModelView
from demijohn.audit.models import ENTRIES, AuditEntry
from demijohn.audit.sealing import seal_next


@pytest.fixture
def shop(make_admin: MakeAdmin) -> Flask:
    app = make_admin()
    add(app, Customer(name="Ada", email="ada@example.com"))
    with app.app_context():
        db.session.scalars(sa.select(Customer)).one().name = "Ada <b>Lovelace</b>"
        db.session.commit()
        assert seal_next(app) > 0
    return app


def entries(app: Flask) -> list[Any]:
    with app.app_context():
        return list(db.session.execute(sa.select(ENTRIES).order_by(ENTRIES.c.id)).all())


def test_the_list_says_what_changed_and_how_far_the_log_is_sealed(shop: Flask, visit: Visit) -> None:
    page = visit(shop, "*").get("/admin/audit_entry/").text

    assert "name: Ada → Ada &lt;b&gt;Lovelace&lt;/b&gt;" in page
    assert re.search(r"Sealed up to entry \d+ \(seal 1, <time", page)
    assert re.search(r"\d+ waiting\.", page)


def test_a_log_without_a_seal_says_so(make_admin: MakeAdmin, visit: Visit) -> None:
    assert "Not sealed yet;" in visit(make_admin(), "*").get("/admin/audit_entry/").text


def test_an_entry_shows_old_and_new_side_by_side_and_never_its_signature(shop: Flask, visit: Visit) -> None:
    (changed,) = [row for row in entries(shop) if row.action == "update" and row.table == "customer"]

    page = visit(shop, "*").get(f"/admin/audit_entry/details/?id={changed.id}").text

    assert "<del>Ada</del>" in page
    assert "<ins>Ada &lt;b&gt;Lovelace&lt;/b&gt;</ins>" in page
    assert str(changed.signature) not in page


@pytest.mark.parametrize("search", ["customer", "update", "Ada"])
def test_entries_are_found_by_table_and_event(shop: Flask, visit: Visit, search: str) -> None:
    page = visit(shop, "*").get(f"/admin/audit_entry/?search={search}").text

    assert ("Lovelace" in page) is (search != "Ada")


def test_filters_for_time_actor_event_and_table_are_offered(shop: Flask, visit: Visit) -> None:
    page = visit(shop, "*").get("/admin/audit_entry/").text

    for label in ("When", "Who", "Event", "Table"):
        assert f">{label}</" in page or f'"{label}"' in page, label


WRITES = {
    "new": ("new/", {"action": "forged"}),
    "edit": ("edit/?id=1", {"actor": "nobody"}),
    "delete": ("delete/", {"id": "1"}),
    "bulk action": ("action/", {"action": "delete", "rowid": "1"}),
    "inline edit": ("ajax/update/", {"list_form_pk": "1", "actor": "nobody"}),
}


@pytest.mark.parametrize(("address", "fields"), WRITES.values(), ids=WRITES.keys())
def test_no_address_writes(shop: Flask, visit: Visit, address: str, fields: dict[str, str]) -> None:
    before = entries(shop)

    answer = visit(shop, "*").confirm(f"/admin/audit_entry/{address}", fields)

    assert answer.status_code in {302, 303, 400, 403, 404, 405}
    assert entries(shop)[: len(before)] == before
    assert "forged" not in {row.action for row in entries(shop)}


class OpenLog(ModelView):
    """What a project may try: a view of its own that allows everything."""

    model = AuditEntry
    can_create = can_edit = can_delete = True


@pytest.mark.parametrize(("address", "fields"), WRITES.values(), ids=WRITES.keys())
def test_a_view_of_the_project_cannot_write_either(
    make_admin: MakeAdmin, visit: Visit, address: str, fields: dict[str, str]
) -> None:
    app = make_admin(admin_views=[OpenLog])
    add(app, Customer(name="Ada", email="ada@example.com"))
    before = entries(app)

    answer = visit(app, "*").confirm(f"/admin/audit_entry/{address}", fields)

    assert answer.status_code < 500
    assert entries(app)[: len(before)] == before
    assert "forged" not in {row.action for row in entries(app)}
