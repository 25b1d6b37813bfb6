"""Actions that ask for values first: a form of their annotations, right answers only, and their audit."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
import sqlalchemy as sa
from flask import Flask
from setup_faults import Mending
from shop import Customer, Order, Status
from tests.admin.conftest import MakeAdmin, Visit, Visitor, add, unescape
from wtforms.validators import NumberRange, ValidationError

from demijohn import db
from demijohn.admin import ModelView, action
from demijohn.audit.models import AuditEntry

SEEN: list[dict[str, Any]] = []


class Orders(ModelView):
    model = Order

    @action("discount", "Give a discount", "Sure?")
    def discount(
        self,
        ids: list[int],
        percent: Annotated[Decimal, NumberRange(0, 50)],
        url: str,
        remark: str | None = None,
        until: dt.date | None = None,
        to: Status = Status.DRAFT,
        round_to: Literal[1, 10] = 1,
        again: bool = False,
    ) -> None:
        """The totals go down; nobody is told."""
        SEEN.append({"ids": ids, "percent": percent, "url": url, "remark": remark, "until": until} | {"to": to})
        SEEN[-1] |= {"round_to": round_to, "again": again}
        if url == "bad":
            db.session.execute(sa.update(Order).values(note="half done"))
            raise ValidationError("That is no reason.")
        if url == "worse":
            db.session.execute(sa.update(Order).values(customer_id=9999))
        db.session.execute(sa.update(Order).where(Order.id.in_(ids)).values(note=f"{percent} {url}", status=to))
        db.session.commit()


@pytest.fixture
def shop(make_admin: MakeAdmin, database_url: str) -> Flask:
    SEEN.clear()
    app = make_admin(admin_views=[Orders], database={"url": database_url})
    add(app, Customer(name="Ada", email="ada@example.com"))
    add(app, *(Order(customer_id=1, total=Decimal(n), note=f"order {n}") for n in range(1, 8)))
    return app


def shown(page: str) -> dict[str, Any]:
    """The hidden fields of a page's form in the main part."""
    import re

    body = page[page.index("dm-fields") - 4000 :] if "dm-fields" in page else page
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', body):
        found.setdefault(name, []).append(unescape(value))
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}


def ask(clerk: Visitor, *keys: int) -> dict[str, Any]:
    """The action's form for these orders, as a browser would have it after the list."""
    page = clerk.confirm("/admin/order/action/", {"action": "discount", "rowid": [str(key) for key in keys]})
    assert page.status_code == 200
    return shown(page.text)


def send(clerk: Visitor, form: dict[str, Any], **answers: Any) -> Any:
    given = {f"answer-{name}": value for name, value in {"to": "DRAFT", "round_to": "1", **answers}.items()}
    return clerk.send("/admin/order/action/", {**form, "csrf_token": form["csrf_token"][0], **given})


def orders(app: Flask) -> list[tuple[Any, Any]]:
    with app.app_context():
        return [(note, status) for note, status in db.session.execute(sa.select(Order.note, Order.status))]


def test_the_form_asks_with_the_field_of_each_annotation(shop: Flask, visit: Visit) -> None:
    page = visit(shop, "*").confirm("/admin/order/action/", {"action": "discount", "rowid": ["2", "3"]}).text

    assert "The totals go down; nobody is told." in page
    assert "2 records" in page
    assert 'name="answer-percent"' in page
    assert 'type="date"' in page
    assert 'type="checkbox"' in page
    assert page.count("<option") >= len(Status) + 2
    assert SEEN == []


def test_answers_reach_the_method_in_their_own_types(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    answers = {"percent": "12.5", "url": "loyal", "remark": " ", "until": "2030-01-31", "to": "PAID", "round_to": "10"}

    answer = send(clerk, ask(clerk, 2, 3), **answers, again="y")

    assert answer.status_code == 302
    (seen,) = SEEN
    assert seen["ids"] == [2, 3]
    assert (seen["percent"], seen["url"], seen["remark"]) == (Decimal("12.5"), "loyal", None)
    assert (seen["until"], seen["to"], seen["round_to"]) == (dt.date(2030, 1, 31), Status.PAID, 10)
    assert seen["again"] is True
    assert sorted(note for note, status in orders(shop) if status is Status.PAID) == ["12.5 loyal"] * 2


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        ({"percent": "90", "url": "x"}, "between 0 and 50"),
        ({"percent": "many", "url": "x"}, "number"),
        ({"percent": "5", "url": "  "}, "required"),
        ({"percent": "5", "url": "x", "to": "stolen"}, "Choose one of the values"),
        ({"percent": "5", "url": "x", "until": "tomorrow"}, "date"),
        ({"percent": "5", "url": "a\0b"}, "character"),
        ({"percent": "5", "url": "bad"}, "That is no reason."),
        ({"percent": "5", "url": "worse"}, "refers to does not exist"),
    ],
)
def test_wrong_answers_come_back_to_the_form_and_nothing_is_written(
    shop: Flask, visit: Visit, answers: dict[str, str], word: str
) -> None:
    clerk = visit(shop, "*")
    before = orders(shop)

    answer = send(clerk, ask(clerk, 2), **answers)
    again = send(clerk, shown(answer.text), percent="5", url="fine")

    assert answer.status_code == 422
    assert word in answer.text
    assert f'value="{answers["percent"]}"' in answer.text
    assert sorted(orders(shop)) != sorted(before)
    assert (again.status_code, [note for note, _ in orders(shop) if note == "5 fine"]) == (302, ["5 fine"])
    with shop.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "action.discount")) == 1


def test_the_answers_stand_in_the_record_s_history(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")

    send(clerk, ask(clerk, 2), percent="5", url="loyal", until="2030-01-31", to="PAID")
    page = clerk.get("/admin/order/history/?id=2")

    with shop.app_context():
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "action.discount")).one()
        assert (entry.table, entry.key, entry.changes["url"][1], entry.changes["to"][1]) == (
            "order",
            "2",
            "loyal",
            "paid",
        )
    assert "Give a discount" in page.text
    assert "loyal" in page.text


def test_the_page_of_a_record_offers_what_this_person_may_do_to_it(shop: Flask, visit: Visit) -> None:
    clerk, reader = visit(shop, "*"), visit(shop, "order.view")
    page = clerk.get("/admin/order/details/?id=2").text

    form = {name: values for name, values in shown(page).items() if name in {"rowid", "rowdigest", "url", "csrf_token"}}
    asked = clerk.send("/admin/order/action/", {**form, "csrf_token": form["csrf_token"][0], "action": "discount"})

    assert 'name="action" value="discount"' in page
    assert [name for name in ("delete", "export") if f'name="action" value="{name}"' in page] == []
    assert (asked.status_code, "Give a discount" in asked.text) == (200, True)
    assert "discount" not in reader.get("/admin/order/details/?id=2").text


def test_a_record_changed_since_is_asked_for_again_with_the_answers_kept(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    form = ask(clerk, 2)
    with shop.app_context():
        db.session.get(Order, 2).note = "changed by another"
        db.session.commit()

    answer = send(clerk, form, percent="5", url="loyal")
    known = shown(answer.text)
    done = clerk.send("/admin/order/action/", {**known, "csrf_token": known["csrf_token"][0]})

    assert (answer.status_code, done.status_code) == (409, 302)
    assert [one["url"] for one in SEEN] == ["loyal"]


def test_everything_that_matches_is_asked_for_once(shop: Flask, visit: Visit) -> None:
    clerk = visit(shop, "*")
    asked = clerk.send("/admin/order/action/", {"action": "discount", "matching": "search=order"})
    known = shown(asked.text)
    form = clerk.send("/admin/order/action/", {**known, "csrf_token": known["csrf_token"][0]})

    answer = send(clerk, shown(form.text), percent="5", url="all")

    assert (asked.status_code, form.status_code, answer.status_code) == (409, 200, 302)
    assert [note for note, _ in orders(shop)] == ["5 all"] * 7


def test_answers_alone_open_no_closed_action(shop: Flask, visit: Visit) -> None:
    reader = visit(shop, "order.view")

    answer = reader.send(
        "/admin/order/action/",
        {"action": "discount", "rowid": "2", "run_action": "1", "answer-percent": "5", "answer-url": "x"},
    )

    assert answer.status_code == 403
    assert SEEN == []


def with_question(annotation: Any) -> type[ModelView]:
    def ask_for(self: Any, ids: list[int], thing: Any) -> None: ...

    ask_for.__annotations__["thing"] = annotation
    return type("OrderView", (ModelView,), {"model": Order, "ask_for": action("ask", "Ask")(ask_for)})


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.mends("admin/asking.py:field_of")
def test_a_question_without_a_field(mending: Mending, make_admin: MakeAdmin) -> None:
    def start(annotation: Any) -> None:
        app = make_admin(admin_views=[with_question(annotation)])
        with app.test_request_context():
            app.test_client().get("/admin/order/")

    fix = mending.refused(lambda: start(complex)).fix

    assert "annotate 'thing' as str, int" in fix
    mending.started(lambda: start(Colour))


@pytest.mark.mends("admin/asking.py:hints_of")
def test_an_annotation_that_cannot_be_read(mending: Mending, make_admin: MakeAdmin) -> None:
    fix = mending.refused(lambda: make_admin(admin_views=[with_question("Nowhere")])).fix

    assert "import what they name where the module is loaded" in fix
    mending.started(lambda: make_admin(admin_views=[with_question("str")]))
