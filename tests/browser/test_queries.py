"""Saved queries in a browser: written, tried, shown on a page and as a tile; accessible and fit for a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.browser.conftest import Browser, Site, fill, serve
from tests.browser.test_pages import judge_here

ROOMS = "SELECT room, count(*) AS works FROM gallery_work GROUP BY room ORDER BY room"


@pytest.fixture(scope="module")
def with_queries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serve(tmp_path_factory.mktemp("queries"), "testing", admin={"sql": {"enabled": True}}) as site:
        with site.app.app_context():
            fill()
        yield site


@pytest.fixture
def writer(driver: Any, with_queries: Site) -> Browser:
    browser = Browser(driver, with_queries)
    browser.open("/auth/login")
    driver.delete_all_cookies()
    browser.resize(1280)
    browser.prefer("light")
    browser.sign_in()
    return browser


def fill_in(browser: Browser, **fields: str) -> None:
    for name, text in fields.items():
        element = browser.find(f"[name={name}]")
        element.clear()
        element.send_keys(text)


def test_a_query_is_written_tried_and_put_on_the_first_page(writer: Browser) -> None:
    writer.open("/admin/-/queries/new/")
    fill_in(writer, title="Works by room", sql="SELECT room,\n  works FORM gallery_work")
    writer.find("[name=try]").click()
    writer.wait("document.querySelector('#sql-help.dm-errors')")
    assert "FORM" in writer.find("#sql-help").text or "gallery_work" in writer.find("#sql-help").text
    assert writer.run("return document.activeElement.classList.contains('dm-summary')")
    judge_here(writer, "/admin/-/queries/new/")

    writer.resize(1280)
    fill_in(writer, sql=ROOMS)
    writer.find("[name=try]").click()
    writer.wait("document.querySelector('.dm-rows')")
    judge_here(writer)

    writer.resize(1280)
    writer.run("document.querySelector('[name=shown_as]').value = 'bar'")
    writer.find("[name=is_on_board]").click()
    writer.find(".dm-save .btn-primary").click()
    writer.wait("document.querySelector('.dm-chart-bar')")
    judge_here(writer)
    writer.resize(1280)
    writer.open("/admin/")
    writer.wait("document.querySelector('[data-dm-tile*=query-] .dm-chart-bar')")
    writer.open("/admin/-/queries/")
    judge_here(writer)
