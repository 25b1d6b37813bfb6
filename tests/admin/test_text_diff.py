"""Longer texts in history: what changed in them, word by word, and no markup of others."""

import re
from decimal import Decimal

import pytest
from flask import Flask
from shop import Customer, Order
from tests.admin.conftest import MakeAdmin, Visit, add

from demijohn.admin.textdiff import LONGEST, diff

STORY = "The vessel was made in Murano and carried over the Alps in straw. "


def said(old: str, new: str) -> str:
    signs = {"same": "{}", "gone": "[-{}-]", "come": "{{+{}+}}"}
    return "".join(signs[piece.kind].format(piece.text) for piece in diff(old, new))


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("a\nb\nc", "a\nx\nc", "a\n[-b-]{+x+}\nc"),
        (f"{STORY}It is green.", f"{STORY}It is dark green.", " … straw. It is {+dark +}green."),
        ("short", "shorter", ""),
        ("", "x" * 200, ""),
        ("a " * 60, "b " * 60, ""),
        ("x" * LONGEST, "y", ""),
        ("a,b\n" * 3000, "a.b\n" * 3000, ""),
    ],
)
def test_what_changed(old: str, new: str, found: str) -> None:
    result = said(old, new)

    assert result == found or (found.startswith(" …") and result.endswith(found[3:]))


def test_a_long_stretch_that_stayed_is_left_out() -> None:
    pieces = diff(STORY * 20 + "old", STORY * 20 + "new")

    assert [piece.kind for piece in pieces] == ["same", "gone", "come"]
    assert len(pieces[0].text) < 100


@pytest.fixture
def app(make_admin: MakeAdmin) -> Flask:
    app = make_admin()
    ada = Customer(name="Ada", email="ada@example.com")
    add(app, Order(customer=ada, total=Decimal(1), note=f"{STORY}<b>It</b> is green."))
    return app


def test_history_marks_what_went_and_what_came(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    boss.submit("/admin/order/edit/?id=1", note=f"{STORY}<b>It</b> is <script>alert(1)</script> green.")

    page = boss.get("/admin/order/history/?id=1").text
    cell = page[page.index('class="dm-diff"') :]
    cell = cell[: cell.index("</td>")]
    assert re.findall(r"<ins><span class=\"visually-hidden\">inserted: </span>", cell)
    assert "&lt;script&gt;" in cell.replace("</ins>", "").replace("<ins>", "") or "script" in cell
    assert "<script" not in cell
    assert "&lt;b&gt;It&lt;/b&gt;" in cell


def test_the_audit_log_offers_what_happened_where_and_when(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    boss.submit("/admin/order/edit/?id=1", note="changed")

    page = boss.get("/admin/audit_entry/").text
    assert "dm-periods" in page
    facets = boss.get("/admin/audit_entry/facets/").text
    assert re.findall(r'aria-label="(\w+)"', facets) == ["Event", "Table", "Through"]
    address = re.search(r'<a href="([^"]*action_equals=update[^"]*)"', facets)
    assert address is not None
    assert boss.get(address[1].replace("&amp;", "&")).text.count("dm-row-title") == 1
