"""The first page with charts: filled by its script, accessible, and of use without one."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.test_pages import judge_here


@pytest.fixture
def board(browser: Any) -> Iterator[Any]:
    dashboard = browser.site.app.extensions["demijohn.admin"]
    before = list(dashboard.declared)
    dashboard.number("Visitors", before=lambda: 40)(lambda: 41)
    dashboard.chart("Per day")(lambda: {f"2026-11-{day:02}": day % 7 for day in range(1, 29)})
    dashboard.chart("By room", kind="bar")(lambda: [("East wing", "open", 4), ("East wing", "closed", 2)])
    dashboard.chart("By technique", kind="donut")(lambda: {"oil": 9, "ink": 4, "wool": 1})
    dashboard.chart("Nothing yet")(dict)
    dashboard.table("Latest")(lambda: [{"Title": "Study", "Price": 3}])
    browser.resize(1280)
    browser.open("/admin/")
    browser.wait("document.querySelectorAll('.dm-chart').length === 3 && document.querySelector('.dm-system')")
    yield browser
    dashboard.declared[:] = before


def test_charts_and_tables_fill_their_places_and_are_accessible(board: Any) -> None:
    assert "Nothing to show yet." in board.find("main").text

    for disclosure in board.all(".dm-figure summary"):
        board.run("arguments[0].click()", disclosure)
    judge_here(board)
