"""The face by settings in a real browser: an accent in both themes, the first theme, pages written for Bootstrap 4."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import g, request
from flask_admin import BaseView, expose
from flask_admin.contrib.fileadmin import FileAdmin
from jinja2 import DictLoader
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from tests.browser.conftest import Browser, Site, fill, serve
from tests.browser.test_pages import judge

OLD_PAGE = """
{% extends "admin/master.html" %}
{% block body %}
<ul class="nav nav-tabs">
  <li class="nav-item"><a class="nav-link active" data-toggle="tab" href="#one">One</a></li>
  <li class="nav-item"><a class="nav-link" data-toggle="tab" href="#two">Two</a></li>
</ul>
<div class="tab-content">
  <div class="tab-pane active" id="one">First</div>
  <div class="tab-pane" id="two">Second</div>
</div>
<button class="btn btn-default" data-toggle="collapse" data-target="#more">More</button>
<div class="collapse" id="more">Hidden words <span class="badge badge-warning ml-2">late</span></div>
<button class="btn btn-primary pull-right" data-toggle="modal" data-target="#window">Open</button>
<div class="modal fade" id="window"><div class="modal-dialog"><div class="modal-content">
  <h2 class="modal-title">A window</h2><button class="close" data-dismiss="modal">Close</button>
</div></div></div>
{% endblock %}
"""


class OldPage(BaseView):
    @expose("/")
    def index(self) -> str:
        return str(self.render("old.html"))


def speak() -> None:
    """The language that the visitor's cookie names."""
    g.locale = request.cookies.get("language", "en")


@pytest.fixture(scope="module")
def dressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery with an accent, dark at first, files to manage and a page written for Bootstrap 4."""
    folder = tmp_path_factory.mktemp("dressed")
    (folder / "papers" / "2026").mkdir(parents=True)
    (folder / "papers" / "rules.txt").write_text("Be kind.")
    papers = FileAdmin(str(folder / "papers"), name="Papers", endpoint="papers")
    papers.upload_modal = True
    admin = {"accent": "#6f2dbd", "theme": "dark", "bootstrap4": True}
    with serve(folder, "testing", admin=admin, admin_views=[papers, OldPage(name="Old", endpoint="old")]) as site:
        site.app.jinja_loader = DictLoader({"old.html": OLD_PAGE})  # type: ignore[assignment]
        site.app.before_request(speak)
        with site.app.app_context():
            fill()
        yield site


@pytest.fixture
def visitor(driver: webdriver.Chrome, dressed: Site) -> Browser:
    browser = Browser(driver, dressed)
    browser.open("/auth/login")
    driver.delete_all_cookies()
    browser.run("localStorage.clear()")
    browser.resize(1280)
    browser.prefer("light")
    browser.sign_in()
    browser.complaints()
    return browser


PAGES = ["/auth/account", "/admin/gallery_work/", "/admin/papers/", "/admin/papers/mkdir/"]


@pytest.mark.parametrize("path", PAGES)
def test_page_in_the_accent_is_fit_for_everyone(visitor: Browser, path: str) -> None:
    visitor.open(path)
    visitor.run("localStorage.setItem('demijohn-theme', 'system')")

    judge(visitor, path)


def test_first_theme_holds_until_somebody_chooses(visitor: Browser) -> None:
    visitor.open("/admin/")
    first = visitor.run("return document.documentElement.dataset.bsTheme")

    visitor.find(".dm-user").click()
    visitor.find("[data-theme-choice=light]").click()
    visitor.open("/admin/gallery_work/")

    assert first == "dark"
    assert visitor.run("return getComputedStyle(document.documentElement).colorScheme") == "light"


def test_file_is_uploaded_in_a_window_and_deleted_after_a_question(visitor: Browser, tmp_path: Path) -> None:
    (tmp_path / "march.txt").write_text("Rain.")
    visitor.open("/admin/papers/b/2026")

    visitor.find("[data-dm-modal].btn-primary").click()
    visitor.find("dialog[open] input[type=file]").send_keys(str(tmp_path / "march.txt"))
    visitor.find("dialog[open] button[type=submit]").click()
    visitor.find(".alert-success")
    listed = visitor.find("tbody").text
    visitor.find("tbody tr:last-child .dm-more").click()
    visitor.find("tbody tr:last-child .dm-danger").click()
    question = visitor.find("dialog[open]").text
    visitor.find("dialog[open] [data-yes]").click()
    visitor.wait("document.querySelector('.dm-empty')")

    assert "march.txt" in listed
    assert "march.txt" in question
    assert visitor.complaints() == []


def test_page_written_for_bootstrap_4_works(visitor: Browser) -> None:
    visitor.open("/admin/old/")

    visitor.find("[href='#two']").click()
    visitor.find("#two")
    visitor.find("[data-toggle=collapse]").click()
    visitor.find("#more .badge-warning")
    visitor.find("[data-toggle=modal]").click()
    title: Any = visitor.find("dialog[open] .modal-title").text
    visitor.find("dialog[open] .close").send_keys(Keys.ESCAPE)
    visitor.wait("!document.querySelector('dialog[open]')")

    assert title == "A window"
    assert visitor.complaints() == []


@pytest.mark.parametrize("path", ["/admin/", "/admin/gallery_work/", "/admin/gallery_work/edit/?id=4", "/auth/account"])
def test_page_written_from_the_right_is_fit_for_everyone(visitor: Browser, path: str) -> None:
    visitor.driver.add_cookie({"name": "language", "value": "he"})

    judge(visitor, path)

    assert visitor.run("return document.documentElement.dir") == "rtl"


def test_navigation_opens_at_the_side_where_reading_begins(visitor: Browser) -> None:
    visitor.driver.add_cookie({"name": "language", "value": "fa"})
    visitor.resize(390)
    visitor.open("/admin/gallery_work/")

    box = visitor.run("return document.querySelector('tbody .dm-check').getBoundingClientRect().left")
    visitor.find(".dm-side-open").click()
    side = visitor.run("return document.querySelector('#dm-side').getBoundingClientRect().right")

    assert (box > 195, side) == (True, 390)


def test_paper_shows_the_whole_list_and_nothing_to_click(visitor: Browser) -> None:
    visitor.open("/admin/gallery_work/")
    visitor.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})

    shown = [
        one
        for one in (".dm-side", ".dm-bar", ".dm-tools", ".dm-foot", ".dm-more")
        if any(map(is_shown, visitor.all(one)))
    ]
    is_cut = visitor.run(
        "const e = document.querySelector('.dm-table-wrap'); return e.scrollHeight > e.clientHeight + 1"
    )
    ground = visitor.run("return getComputedStyle(document.documentElement).colorScheme")
    visitor.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    assert (shown, is_cut, ground) == ([], False, "light")


def is_shown(element: Any) -> bool:
    return bool(element.is_displayed())


@pytest.fixture
def slow_line(visitor: Browser) -> Iterator[Browser]:
    """Everything takes most of a second."""
    conditions = {"offline": False, "latency": 700, "downloadThroughput": -1, "uploadThroughput": -1}
    visitor.open("/admin/papers/")
    visitor.driver.execute_cdp_cmd("Network.enable", {})
    visitor.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)
    yield visitor
    visitor.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**conditions, "latency": 0})


def test_bad_news_follows_to_the_next_page_until_it_is_dismissed(visitor: Browser) -> None:
    visitor.open("/admin/gallery_work/")
    visitor.run("modelActions.execute('delete')")
    first = visitor.find("#dm-toasts .alert").text

    visitor.open("/admin/gallery_artist/")
    second = visitor.find("#dm-toasts .alert").text
    visitor.find("#dm-toasts [data-dm-dismiss]").click()
    visitor.open("/admin/")

    assert first == second == "Please select at least one record."
    assert visitor.all("#dm-toasts .alert") == []


def test_window_shows_at_once_that_it_is_loading(slow_line: Browser) -> None:
    slow_line.find("[data-dm-modal].btn-primary").click()
    slow_line.find("dialog[open][aria-busy] .dm-skeleton")
    slow_line.find("dialog[open] input[type=file]")

    assert not slow_line.all("dialog[aria-busy], .dm-skeleton")


def test_page_on_its_way_shows_a_line_and_a_download_does_not(slow_line: Browser) -> None:
    slow_line.open("/admin/gallery_work/")
    is_busy_after_click = (
        "const [selector, done] = arguments; document.querySelector(selector).click();"
        "setTimeout(() => done(document.documentElement.hasAttribute('data-dm-busy')), 450)"
    )

    seen = [
        slow_line.driver.execute_async_script(is_busy_after_click, selector)
        for selector in ("a[href*='/export/csv']", ".dm-nav a[href*=gallery_artist]")
    ]

    assert seen == [False, True]
    slow_line.arrive("/admin/gallery_artist/")
