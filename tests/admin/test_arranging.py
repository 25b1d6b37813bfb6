"""Tiles of the first page in one's own order, some left out; nobody sees more by it."""

import re
from typing import Any

import pytest
from flask import Flask
from tests.admin.conftest import MakeAdmin, Visit, Visitor

from demijohn.admin.board.tiles import dashboard_of

PAGE = "/admin/-/preferences/board/"
CALLED: list[str] = []


@pytest.fixture
def app(make_admin: MakeAdmin, database_url: str) -> Flask:
    app = make_admin(database={"url": database_url})
    board = dashboard_of(app)

    def declare(name: str, permission: str = "admin.access") -> None:
        @board.number(name, permission=permission)
        def number() -> int:
            CALLED.append(name)
            return 1

    for name in ("One", "Two", "Three"):
        declare(name)
    declare("Closed", "order.view")

    @board.chart("Line")
    def line() -> dict[str, int]:
        return {"a": 1}

    return app


def tiles(page: str) -> list[str]:
    return re.findall(r'<li class="dm-tile"><span>(\w+)', page)


def arrange(visitor: Visitor, *keys: str, **more: Any) -> Any:
    return visitor.send(PAGE, {"tile": list(keys), **more})


def test_tiles_stand_as_one_arranged_them_and_hidden_ones_are_not_worked_out(app: Flask, visit: Visit) -> None:
    boss, other = visit(app, "*"), visit(app, "*")
    assert tiles(boss.get("/admin/").text) == ["One", "Two", "Three", "Closed"]

    assert arrange(boss, "three", "line", "one").location == "/admin/"
    CALLED.clear()
    page = boss.get("/admin/").text

    assert (tiles(page), CALLED) == (["Three", "One"], ["Three", "One"])
    offered = re.findall(r'name="tile" value="(\w+)"( checked)?', page)
    assert [(key, bool(on)) for key, on in offered] == [
        ("three", True), ("line", True), ("one", True), ("two", False), ("closed", False),
    ]  # fmt: skip
    assert tiles(other.get("/admin/").text) == ["One", "Two", "Three", "Closed"]
    arrange(boss, reset="1")
    assert tiles(boss.get("/admin/").text) == ["One", "Two", "Three", "Closed"]


def test_everything_can_be_left_out(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")

    arrange(boss)

    page = boss.get("/admin/").text
    assert tiles(page) == []
    assert "data-dm-tile" not in page.replace("/admin/system/", "") or "/admin/tile/" not in page
    assert 'name="reset"' in page


def test_a_tile_that_comes_later_stands_at_the_end(app: Flask, visit: Visit) -> None:
    boss = visit(app, "*")
    arrange(boss, "two", "one")

    dashboard_of(app).number("Four")(lambda: 4)

    assert tiles(boss.get("/admin/").text) == ["Two", "One", "Four"]


def test_arranging_opens_nothing(app: Flask, visit: Visit) -> None:
    staff = visit(app, "-", "admin.access")

    arrange(staff, "closed", "one", "../evil")

    assert tiles(staff.get("/admin/").text) == ["One"]
    assert "Closed" not in staff.get("/admin/").text
    assert visit(app, "-").client.post(PAGE).status_code == 400
    assert staff.client.post(PAGE, data={"tile": "two"}).status_code == 400
    assert visit(app).send(PAGE, {"tile": "one"}).status_code in {302, 403}
