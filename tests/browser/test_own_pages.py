"""A page made by a function, in a browser: accessible, in both themes, and on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.conftest import Browser, Site, fill, serve
from tests.browser.test_pages import judge_here

from demijohn.admin import page


@page("Takings", category="Reports", icon="chart")
def takings() -> Any:
    return {
        "visitors": 4100,
        "by_room": {"East wing": 40, "West wing": 12},
        "per_day": {f"2026-11-{day:02}": day % 7 for day in range(1, 29)},
        "tickets": [{"kind": "Child", "sold": 5, "remark": "with a remark of some length " * 6}],
        "nothing": [],
        "note": "Counted at midnight.",
    }


@pytest.fixture(scope="module")
def with_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("pages"), "testing", admin_views=[takings]) as site:
        with site.app.app_context():
            fill()
        yield site


def test_a_page_of_ones_own_is_fit_for_everyone(driver: Any, with_pages: Site) -> None:
    browser = Browser(driver, with_pages)
    browser.open("/auth/login")
    driver.delete_all_cookies()
    browser.sign_in()
    browser.resize(1280)

    browser.open("/admin/takings/")
    for disclosure in browser.all(".dm-figure summary"):
        browser.run("arguments[0].click()", disclosure)

    assert browser.find(".dm-nav [aria-current] svg").is_displayed()
    assert browser.run("return document.querySelectorAll('.dm-chart').length") == 2
    judge_here(browser)
