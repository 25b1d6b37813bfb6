"""Imports over HTTP: uploaded, mapped, checked without a trace, written as the forms would, with every right asked."""

import csv
import datetime as dt
import io
import re
import threading
import zipfile
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add
from werkzeug.test import TestResponse

from demijohn import clock, db
from demijohn.admin import ModelView
from demijohn.admin.imports.models import AdminImport
from demijohn.admin.imports.pruning import over, prune
from demijohn.admin.jobs.runner import jobs_of
from demijohn.auth.models import Role, user_class


@pytest.fixture
def shop(make_admin: MakeAdmin) -> Flask:
    return with_two_customers(make_admin())


@pytest.fixture
def either(make_admin: MakeAdmin, database_url: str) -> Flask:
    """The shop, once on each database."""
    return with_two_customers(make_admin(database={"url": database_url}))


def with_two_customers(app: Flask) -> Flask:
    add(app, Customer(name="Ada", email="ada@example.com"), Customer(name="Bo", email="bo@example.com"))
    return app


def upload(clerk: Visitor, text: str | bytes, *, table: str = "customer", name: str = "people.csv") -> TestResponse:
    body = text.encode() if isinstance(text, str) else text
    token = clerk.client.get("/test-token").text
    data = {"csrf_token": token, "file": (io.BytesIO(body), name)}
    return clerk.client.post(f"/admin/{table}/import/", data=data, content_type="multipart/form-data")


def mapped(clerk: Visitor, answer: TestResponse, **changes: Any) -> str:
    """Send the mapping as it was guessed, with these changes; the address of the import."""
    assert answer.status_code == 302, answer.text
    step = str(answer.location)
    page = clerk.get(step).text
    fields: dict[str, Any] = {}
    for name, inner in re.findall(r'<select[^>]*name="(column-\d+|key|mode)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        fields[name] = chosen.group(1) if chosen else ""
    clerk.send(f"{step}map/", {**fields, **changes})
    return step


def written(clerk: Visitor, step: str) -> TestResponse:
    return clerk.send(f"{step}write/", {})


def counts(page: str) -> dict[str, int]:
    found = re.findall(r"<dt>(\w+)</dt><dd>([\d,]+)</dd>", page)
    return {name: int(number.replace(",", "")) for name, number in found}


def people(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [
            tuple(row) for row in db.session.execute(sa.select(Customer.name, Customer.email).order_by(Customer.id))
        ]


def test_a_file_is_checked_without_a_trace_and_then_written(either: Flask, visit: Visit) -> None:
    from demijohn.audit.models import AuditEntry

    clerk = visit(either, "*")
    text = 'Name;E-Mail\n"Ada, Countess";ada@example.com\nBo;bo@example.com\n"Two\nlines";new@example.com\nBad;\n'

    step = mapped(clerk, upload(clerk, text))
    before, review = people(either), clerk.get(step).text
    answer = written(clerk, step)
    result = clerk.get(step).text

    assert before == [("Ada", "ada@example.com"), ("Bo", "bo@example.com")]
    assert counts(review) == {"New": 1, "Changed": 1, "Unchanged": 1, "Wrong": 1}
    assert "<del>Ada</del> → <ins>Ada, Countess</ins>" in review
    assert "The cell by which to find the record is empty." in review
    assert answer.status_code == 302
    assert counts(result) == {"New": 1, "Changed": 1, "Unchanged": 1, "Wrong": 1}
    assert people(either) == [
        ("Ada, Countess", "ada@example.com"), ("Bo", "bo@example.com"), ("Two\nlines", "new@example.com"),
    ]  # fmt: skip
    with either.app_context():
        entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.table == "customer")).all()
        batch = {entry.request_id for entry in entries if entry.action in {"create", "update"} and entry.actor_id}
        assert batch == {"import-1"}
        (whole,) = [entry for entry in entries if entry.action == "import"]
        assert (whole.changes["new"], whole.changes["wrong"]) == ([None, 1], [None, 1])


def test_wrong_rows_come_back_as_a_file_to_correct(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    step = mapped(clerk, upload(clerk, "Name,Email\n'=1+1,x@example.com\n,y@example.com\n"))

    page = clerk.get(step).text
    address = re.search(r'href="(/admin/-/jobs/files/\d+/)"', page)
    assert address is not None
    found = list(csv.reader(io.StringIO(clerk.get(address.group(1)).data.decode("utf-8-sig"))))
    corrected = "\n".join([",".join(found[0]), f"Mended,{found[1][1]},{found[1][2]}"])
    again = mapped(clerk, upload(clerk, corrected))

    assert found[0] == ["Name", "Email", "Problem"]
    assert found[1][:2] == ["", "y@example.com"]
    assert "required" in found[1][2]
    assert counts(clerk.get(again).text)["New"] == 1


def test_orders_name_their_customers_by_name_or_key_and_choices_by_label(either: Flask, visit: Visit) -> None:
    add(either, Customer(name="Ada", email="other@example.com"))
    clerk = visit(either, "*")
    text = (
        "customer,status,total,note,placed_at\n"
        "Bo,Paid,12.50,007,2026-01-05 08:30\n"
        "2,draft,1.5,,\n"
        "Ada,draft,1,,\n"
        "Nobody,draft,1,,\n"
        "Bo,lost,1,,\n"
        "Bo,draft,many,,\n"
        "Bo,draft,1,,yesterday\n"
    )

    step = mapped(clerk, upload(clerk, text, table="order"))
    page = clerk.get(step).text
    written(clerk, step)

    assert counts(page) == {"New": 2, "Changed": 0, "Unchanged": 0, "Wrong": 5}
    assert "More than one customer is named &#39;Ada&#39;: 1 and 3. Write the key." in page
    assert "There is no customer &#39;Nobody&#39;." in page
    assert "is none of: Draft, Paid" in page
    with either.app_context():
        first, second = db.session.scalars(sa.select(Order).order_by(Order.id)).all()
        assert (first.customer_id, first.status, first.total, first.note) == (2, Status.PAID, Decimal("12.5"), "007")
        assert (second.customer_id, second.status, second.note, second.placed_at) == (2, Status.DRAFT, None, None)


def test_records_are_found_by_their_key(either: Flask, visit: Visit) -> None:
    clerk = visit(either, "*")

    step = mapped(clerk, upload(clerk, "id,name\n2,Bob\n9,Nobody\nx,Odd\n"), mode="update")
    review = clerk.get(step).text
    written(clerk, step)

    assert counts(review) == {"New": 0, "Changed": 1, "Unchanged": 0, "Wrong": 2}
    assert people(either)[1] == ("Bob", "bo@example.com")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"column-0": "email", "column-1": "email"}, "Two columns go into Email."),
        ({"column-0": "", "column-1": "", "key": ""}, "Choose a field for one column at least."),
        ({"key": "", "mode": "update"}, "Choose how a row finds the record"),
        ({"column-1": ""}, "no column goes there"),
        ({"column-0": "", "key": "", "mode": "create"}, "New records need Name."),
    ],
)
def test_a_wrong_mapping_is_told(shop: Flask, visit: Visit, changes: dict[str, str], said: str) -> None:
    clerk = visit(shop, "*")
    step = str(upload(clerk, "Name,Email\nx,x@example.com\n").location)

    answer = clerk.send(f"{step}map/", {"column-0": "name", "column-1": "email", "key": "email", **changes})

    assert answer.status_code == 422
    assert said in answer.text


def test_what_somebody_changed_after_the_check_is_left_alone(either: Flask, visit: Visit) -> None:
    clerk = visit(either, "*")
    step = mapped(clerk, upload(clerk, "Name,Email\nAda I,ada@example.com\nBo I,bo@example.com\nCy,cy@example.com\n"))
    with either.app_context():
        db.session.execute(sa.update(Customer).where(Customer.id == 1).values(name="Lovelace"))
        db.session.commit()
    add(either, Customer(name="Cyrus", email="cy@example.com"))

    written(clerk, step)

    assert counts(clerk.get(step).text) == {"New": 0, "Changed": 1, "Unchanged": 0, "Wrong": 2}
    assert [name for name, _ in people(either)] == ["Lovelace", "Bo I", "Cyrus"]


def test_all_or_none_writes_nothing_when_a_record_was_changed_meanwhile(either: Flask, visit: Visit) -> None:
    clerk = visit(either, "*")
    text = "Name,Email\nAda I,ada@example.com\nBo I,bo@example.com\n"
    step = mapped(clerk, upload(clerk, text), is_whole="1")
    with either.app_context():
        db.session.execute(sa.update(Customer).where(Customer.id == 2).values(name="Lovelace"))
        db.session.commit()

    answer = written(clerk, step)
    untouched = people(either)
    clerk.send(f"{step}map/", {"keep": "1"})
    written(clerk, step)

    assert answer.status_code == 409
    assert "Nothing was written" in answer.text
    assert [name for name, _ in untouched] == ["Ada", "Lovelace"]
    assert [name for name, _ in people(either)] == ["Ada I", "Bo I"]


def test_all_or_none_is_not_offered_with_a_wrong_row(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    step = mapped(clerk, upload(clerk, "Name,Email\nCy,cy@example.com\n,x@example.com\n"), is_whole="1")

    assert f"{step}write/" not in clerk.get(step).text
    assert written(clerk, step).status_code == 409
    assert len(people(shop)) == 2


def test_a_check_is_written_once(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    step = mapped(clerk, upload(clerk, "Name,Email\nCy,cy@example.com\n"), key="")

    answers = [written(clerk, step).status_code for _ in range(2)]

    assert answers == [302, 409]
    assert len(people(shop)) == 3


def test_the_same_file_twice_is_told_and_its_mapping_remembered(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    text = "Who,Where\nCy,cy@example.com\n"
    written(clerk, mapped(clerk, upload(clerk, text), **{"column-0": "name", "column-1": "email", "key": "email"}))

    page = clerk.get(str(upload(clerk, text).location)).text

    assert "This very file was imported before" in page
    assert len(re.findall(r'<option value="(?:name|email)" selected', page)) == 3


def test_rows_of_one_file_that_are_about_one_record_are_told(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    step = mapped(clerk, upload(clerk, "Name,Email\nA,ada@example.com\nB,ada@example.com\n"))

    assert "Row 2 is about the same record." in clerk.get(step).text


def test_a_large_file_is_checked_and_written_in_the_background(shop: Flask, visit: Visit) -> None:
    from demijohn.audit.models import AuditEntry

    clerk = visit(shop, "*")
    text = "Name,Email\n" + "".join(f"Person {n},{n}@example.com\n" for n in range(210))
    step = mapped(clerk, upload(clerk, text))

    follows = clerk.get(step).location
    jobs_of(shop).run_waiting()
    review = clerk.get(step).text
    asked = written(clerk, step)
    jobs_of(shop).run_waiting()
    status = clerk.get(f"{asked.location}status/").json

    with shop.app_context():
        batch = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.request_id == "import-1")
        assert db.session.scalar(batch.where(AuditEntry.action == "create")) == 210
    assert str(follows).startswith("/admin/-/jobs/")
    assert counts(review)["New"] == 210
    assert (status["state"], status["done"], status["result_url"]) == ("done", 210, step)
    assert counts(clerk.get(step).text)["New"] == 210
    assert len(people(shop)) == 212

    clerk.send(f"{step}undo/", {})
    jobs_of(shop).run_waiting()

    assert len(people(shop)) == 2
    assert "The import was taken back." in clerk.get(step).text


def test_an_import_goes_on_where_the_server_stopped(either: Flask, visit: Visit) -> None:
    clerk = visit(either, "*")
    text = "Name,Email\n" + "".join(f"Person {n},{n}@example.com\n" for n in range(210))
    step = mapped(clerk, upload(clerk, text), key="")
    jobs_of(either).run_waiting()
    job = str(written(clerk, step).location)
    asked = iter([False] * 2)

    jobs_of(either).run_waiting(lambda: next(asked, True))
    left, so_far = clerk.get(f"{job}status/").json, len(people(either))
    clerk.send(f"{job}again/", {"mode": "continue"})
    jobs_of(either).run_waiting()

    assert left["state"] == "interrupted"
    assert 2 < so_far < 212
    assert len(people(either)) == 212
    assert len({email for _, email in people(either)}) == 212
    assert counts(clerk.get(step).text)["New"] == 210


def test_who_may_not_create_only_changes(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "customer.view", "customer.edit")
    step = mapped(clerk, upload(clerk, "Name,Email\nAda I,ada@example.com\nCy,cy@example.com\n"))

    page = clerk.get(step).text
    written(clerk, step)

    assert counts(page) == {"New": 0, "Changed": 1, "Unchanged": 0, "Wrong": 1}
    assert "You may not create this record." in page
    assert len(people(shop)) == 2


@pytest.mark.parametrize("address", ["import/", "import/1/"])
def test_who_may_only_look_gets_nothing(shop: Flask, visit: Visit, address: str) -> None:
    clerk = visit(shop, "customer.view")

    assert clerk.get(f"/admin/customer/{address}").status_code == 403
    assert upload(clerk, "Name\nx\n").status_code == 403
    assert "/import/" not in clerk.get("/admin/customer/").text


def test_an_import_is_its_owners_alone(shop: Flask, visit: Visit) -> None:
    step = str(upload(visit(shop, "*"), "Name\nx\n").location)
    other = visit(shop, "*")

    assert other.get(step).status_code == 404
    assert [other.send(f"{step}{page}/", {}).status_code for page in ("map", "write")] == [404, 404]
    assert visit(shop, "*").client.post(f"{step}write/").status_code == 400


def test_a_view_can_say_no(make_admin: MakeAdmin, visit: Visit) -> None:
    class Closed(ModelView):
        model = Customer
        can_import = False

    clerk = visit(make_admin(admin_views=[Closed]), "*")

    assert clerk.get("/admin/customer/import/").status_code == 403
    assert "Import" not in clerk.get("/admin/customer/").text


def test_the_hooks_of_a_view_hold(make_admin: MakeAdmin, visit: Visit) -> None:
    called: list[str] = []

    class Loud(ModelView):
        model = Customer

        def on_model_change(self, form: Any, model: Any, is_created: bool) -> None:
            if model.name == "refused":
                from wtforms.validators import ValidationError

                raise ValidationError("Not this one.")
            model.name = model.name.upper()

        def after_model_change(self, form: Any, model: Any, is_created: bool) -> None:
            called.append(model.name)

    app = make_admin(admin_views=[Loud])
    clerk = visit(app, "*")

    step = mapped(clerk, upload(clerk, "name,email\nbo,bo@example.com\nrefused,x@example.com\n"))
    review, before = clerk.get(step).text, list(called)
    written(clerk, step)

    assert "Not this one." in review
    assert before == []
    assert called == ["BO"]
    assert people(app) == [("BO", "bo@example.com")]


def test_nobody_imports_rights_that_they_lack(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    with app.app_context():
        db.session.add(Role(name="mighty", permissions={"order.delete"}))
        db.session.commit()
    clerk = visit(app, "user.view", "user.create", "user.edit", "role.view")

    step = mapped(
        clerk,
        upload(
            clerk,
            "email,is_superuser,roles,password_hash\na@example.com,yes,,\nb@example.com,no,mighty,x\n",
            table="user",
        ),
    )
    page = clerk.get(step)

    assert counts(page.text).get("New", 0) == 0
    assert "password_hash" not in re.findall(r'option value="(\w+)"', clerk.get("/admin/user/import/").text)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(user_class())) == 1


BOM = "\ufeff"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("Name,Email\nZoë,z@example.com\n".encode(), "utf-8"),
        ((BOM + "Name;Email\nZoë;z@example.com\n").encode(), "utf-8 with its mark"),
        ((BOM + "Name\tEmail\nZoë\tz@example.com\n").encode("utf-16-le"), "utf-16"),
        ("Name\tEmail\nZoë\tz@example.com\n".encode("utf-16-le"), "utf-16 without its mark"),
        ("Name,Email\r\nZoë,z@example.com\r\n".encode("windows-1252"), "windows-1252"),
        (b'Name|Email\n"Zo\xc3\xab"|z@example.com\n\n\n', "bars and blank lines"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_text_is_read_as_it_was_written(make_admin: MakeAdmin, visit: Visit, body: bytes, name: str) -> None:
    app = make_admin()
    clerk = visit(app, "*")

    written(clerk, mapped(clerk, upload(clerk, body)))

    assert people(app) == [("Zoë", "z@example.com")]


def test_another_encoding_can_be_chosen(make_admin: MakeAdmin, visit: Visit) -> None:
    app = make_admin()
    clerk = visit(app, "*")
    step = str(upload(clerk, "Näme,Email\nx,x@example.com\n").location)

    clerk.send(f"{step}map/", {"again": "1", "encoding": "windows-1252", "delimiter": ","})

    assert "NÃ¤me" in clerk.get(step).text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "There is nothing in this file."),
        (b"\n\n", "There is nothing in this file."),
        (b"Name\n", "There is no row below the titles"),
        (b"Name,Email\nA\x00B,x\n", "a character that no table has"),
        (b"Name\n" + b"x," * 1_000 + b"\n", "columns; 500 is the most"),
        (b"," * 400_000 + b"\nx\n", "columns; 500 is the most"),
        (b"Name\n" + b"x" * 150_000 + b"\n", "field larger than field limit"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 100, "Excel 2003"),
        (b"PK\x03\x04nonsense", "may be damaged"),
        (bytes(range(256)) * 10, "not in windows-1252"),
    ],
    ids=[
        "empty",
        "blank",
        "titles alone",
        "zeros",
        "wide",
        "hundreds of thousands of columns",
        "a long cell",
        "old",
        "broken",
        "noise",
    ],
)
def test_what_is_no_table_is_told(make_admin: MakeAdmin, visit: Visit, body: bytes, said: str) -> None:
    answer = upload(visit(make_admin(), "*"), body)

    assert answer.status_code == 422
    assert said in answer.text


def test_a_file_of_too_many_rows_is_told(make_admin: MakeAdmin, visit: Visit) -> None:
    clerk = visit(make_admin(admin={"import_max_rows": 2}), "*")

    assert "more than 2 rows" in upload(clerk, "Name\n1\n2\n3\n").text
    assert upload(clerk, "Name\n1\n2\n").status_code == 302


def test_an_import_without_a_file_is_told(make_admin: MakeAdmin, visit: Visit) -> None:
    answer = visit(make_admin(), "*").send("/admin/customer/import/", {})

    assert (answer.status_code, "Choose a file." in answer.text) == (422, True)


def test_the_number_of_an_import_can_be_anything(shop: Flask, visit: Visit) -> None:
    assert visit(shop, "*").get(f"/admin/customer/import/{2**70}/").status_code == 404


def test_imports_go_with_their_owner(either: Flask, visit: Visit) -> None:
    upload(visit(either, "customer.view", "customer.create"), "Name\nx\n")

    with either.app_context():
        db.session.execute(sa.text("DELETE FROM user_role"))
        db.session.execute(sa.delete(user_class()))
        db.session.commit()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(AdminImport)) == 0


def workbook(*rows: list[Any]) -> bytes:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def repacked(body: bytes, name: str, text: bytes) -> bytes:
    """The workbook with one of its parts replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, text)
    return file.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet xmlns='
    b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row><c t="inlineStr"><is><t>&b;</t></is>'
    b"</c></row></sheetData></worksheet>"
)


@pytest.mark.extra
def test_a_workbook_is_imported_with_its_own_kinds_of_cell(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    body = workbook(
        ["customer", "status", "total", "note", "placed_at"],
        ["Bo", "Paid", 12.5, 7, dt.datetime(2026, 1, 5, 8, 30)],  # noqa: DTZ001
        [1, "draft", 3, "=1+1", None],
    )

    written(clerk, mapped(clerk, upload(clerk, body, table="order", name="orders.xlsx")))

    with shop.app_context():
        first, second = db.session.scalars(sa.select(Order).order_by(Order.id)).all()
        assert (first.customer_id, first.total, first.note) == (2, Decimal("12.5"), "7")
        assert first.placed_at == dt.datetime(2026, 1, 5, 8, 30, tzinfo=dt.UTC)
        assert (second.customer_id, second.total, second.note) == (1, Decimal(3), None)


@pytest.mark.extra
@pytest.mark.parametrize(
    ("part", "text", "said"),
    [
        (SHEET, ENTITIES, "may be damaged"),
        (SHEET, b"<worksheet><sheetData><row", "may be damaged"),
        (SHEET, b" " * 120_000_000, "more than 100 MB"),
        ("xl/workbook.xml", b"<nothing/>", "has no sheet"),
    ],
    ids=["entities", "torn", "a bomb", "no sheet"],
)
def test_a_hostile_workbook_is_told(shop: Flask, visit: Visit, part: str, text: bytes, said: str) -> None:
    answer = upload(visit(shop, "*"), repacked(workbook(["Name"], ["x"]), part, text), name="x.xlsx")

    assert answer.status_code == 422
    assert said in answer.text.replace("&#39;", "'")


def test_what_was_exported_comes_back_unchanged(shop: Flask, visit: Visit) -> None:
    add(shop, Customer(name="=1+1", email="x@example.com"), Customer(name="-5", email="y@example.com"))
    clerk = visit(shop, "*")

    page = clerk.get(mapped(clerk, upload(clerk, clerk.get("/admin/customer/export/csv/").text))).text

    assert counts(page) == {"New": 0, "Changed": 0, "Unchanged": 4, "Wrong": 0}
    assert "Everything is so already" in page


def test_an_import_is_taken_back_as_far_as_nobody_touched_it(either: Flask, visit: Visit) -> None:
    clerk = visit(either, "*")
    text = "Name,Email\nAda I,ada@example.com\nBo I,bo@example.com\nCy,cy@example.com\nDi,di@example.com\n"
    step = mapped(clerk, upload(clerk, text))
    written(clerk, step)
    clerk.submit("/admin/customer/edit/?id=2", name="Bob")
    with either.app_context():
        di = db.session.scalar(sa.select(Customer.id).where(Customer.name == "Di"))
    add(either, Order(customer_id=di, total=Decimal(1)))

    answers = [clerk.send(f"{step}undo/", {}).status_code for _ in range(2)]
    page = clerk.get(step).text

    assert answers == [302, 409]
    assert people(either) == [("Ada", "ada@example.com"), ("Bob", "bo@example.com"), ("Di", "di@example.com")]
    assert re.findall(r"<dd>(\d+)</dd>", page) == ["2", "2"]
    assert "Somebody changed it since." in page
    assert "1 order" in page


def test_who_may_not_delete_takes_back_changes_alone(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "customer.view", "customer.create", "customer.edit")
    step = mapped(clerk, upload(clerk, "Name,Email\nAda I,ada@example.com\nCy,cy@example.com\n"))
    written(clerk, step)

    clerk.send(f"{step}undo/", {})

    assert [name for name, _ in people(shop)] == ["Ada", "Bo", "Cy"]
    assert "You may not do this to it." in clerk.get(step).text


def test_old_imports_are_pruned(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    for _ in range(2):
        upload(clerk, "Name\nx\n")
    with shop.app_context():
        old = sa.update(AdminImport).where(AdminImport.id == 1)
        db.session.execute(old.values(created_at=clock.now() - dt.timedelta(days=31)))
        db.session.commit()

        assert (over(shop), prune(shop), over(shop)) == (1, 1, 0)
        assert list(db.session.scalars(sa.select(AdminImport.id))) == [2]


def test_all_or_none_in_the_background_says_that_nothing_was_written(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    text = "Name,Email\nAda I,ada@example.com\n" + "".join(f"P,{n}@example.com\n" for n in range(210))
    step = mapped(clerk, upload(clerk, text), is_whole="1")
    jobs_of(shop).run_waiting()
    job = str(written(clerk, step).location)
    with shop.app_context():
        db.session.execute(sa.update(Customer).where(Customer.id == 1).values(name="Lovelace"))
        db.session.commit()

    jobs_of(shop).run_waiting()

    assert "Nothing was written: somebody changed a record" in clerk.get(f"{job}status/").json["message"]
    assert "Check again" in clerk.get(step).text
    assert len(people(shop)) == 2


def test_two_imports_of_the_same_people_at_once_make_nobody_twice(
    either: Flask, make_admin: MakeAdmin, visit: Visit
) -> None:
    """Each in an application of its own, with the rows the other way round, so that they wait for each other."""
    url = either.config["SQLALCHEMY_DATABASE_URI"]
    rows = [f"Guest {number},guest{number}@example.com" for number in range(150)]
    clerks = [visit(either, "*"), visit(make_admin(database={"url": url}), "*")]
    steps = [
        mapped(clerk, upload(clerk, "\n".join(["Name,Email", *some])))
        for clerk, some in zip(clerks, (rows, rows[::-1]), strict=True)
    ]
    barrier, answers = threading.Barrier(2), {}

    def write(number: int) -> None:
        barrier.wait()
        answers[number] = written(clerks[number], steps[number]).status_code

    threads = [threading.Thread(target=write, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    results = [counts(clerk.get(step).text) for clerk, step in zip(clerks, steps, strict=True)]
    assert answers == {0: 302, 1: 302}
    assert sum(result["New"] for result in results) == 150
    assert sum(result["Wrong"] for result in results) == 150
    assert len(people(either)) == len(set(people(either))) == 152
