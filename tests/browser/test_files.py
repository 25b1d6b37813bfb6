"""A field for a file in a browser: chosen, dropped, shown before and after a save, kept while a form is corrected."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from tests.admin.test_files import png
from tests.browser.conftest import Browser, Site, fill, serve
from tests.browser.test_pages import judge_here

SHOWN = "[...document.querySelectorAll('.dm-upload-picture, .dm-thumb')].some(i => i.naturalWidth > 0)"
DROP = """
const box = document.querySelector('[data-dm-upload]');
const carried = new DataTransfer();
carried.items.add(new File(['a,b'], 'dropped.csv', {type: 'text/csv'}));
box.dispatchEvent(new DragEvent('drop', {dataTransfer: carried, bubbles: true, cancelable: true}));
return box.querySelector('input[type=file]').files[0].name;
"""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery, with albums whose covers are pictures."""
    from albums import Album, AlbumView, Sheet

    folder = tmp_path_factory.mktemp("studio")
    admin = {"uploads_folder": str(folder / "uploads")}
    with serve(folder, "testing", admin=admin, models=[Album, Sheet], admin_views=[AlbumView]) as site:
        with site.app.app_context():
            fill()
        yield site


@pytest.fixture
def album_browser(driver: webdriver.Chrome, studio: Site) -> Browser:
    browser = Browser(driver, studio)
    browser.open("/auth/login")
    driver.delete_all_cookies()
    browser.resize(1280)
    browser.prefer("light")
    browser.sign_in()
    browser.complaints()
    return browser


def test_a_picture_is_seen_before_between_and_after(album_browser: Any, tmp_path: Path) -> None:
    browser = album_browser
    picture = tmp_path / "cover.png"
    picture.write_bytes(png(40, 30))

    browser.open("/admin/album/new/")
    browser.find("#cover").send_keys(str(picture))
    browser.wait(SHOWN)
    judge_here(browser)
    browser.resize(1280)
    browser.find(".dm-save .btn-primary").click()
    browser.find(".dm-summary")
    browser.wait(SHOWN)
    judge_here(browser, "/admin/album/new/")
    browser.resize(1280)
    browser.find("#title").send_keys("Seen")
    browser.find(".dm-save .btn-primary").click()
    browser.find(".alert-success")
    browser.wait(SHOWN)
    judge_here(browser)

    browser.open("/admin/album/edit/?id=1")
    browser.wait(SHOWN)
    judge_here(browser)


def test_a_file_is_dropped_anywhere_in_its_box(album_browser: Any) -> None:
    browser = album_browser
    browser.open("/admin/sheet/new/")
    browser.find("#file")

    assert browser.run(DROP) == "dropped.csv"
    assert "dropped.csv" in browser.find("[data-dm-chosen]").text
