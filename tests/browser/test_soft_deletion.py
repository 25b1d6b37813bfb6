"""Records that are only marked when deleted: deleted, found again and restored in the browser."""

from typing import Any

from tests.browser.test_pages import judge_here

LIST = "/admin/directory_leaflet/"


def test_a_deleted_record_is_restored_from_the_deleted(directory_browser: Any) -> None:
    browser = directory_browser
    browser.open(f"{LIST}delete/?id=1")
    judge_here(browser)
    browser.resize(1280)
    browser.find(".btn-danger").click()
    browser.find(".alert-success")
    assert [title.text for title in browser.all(".dm-row-title")] == ["Autumn"]

    browser.open(LIST)
    browser.find(".dm-title-buttons a[href$='/deleted/']").click()
    browser.find("[name=rowid]")
    judge_here(browser)
    browser.resize(1280)
    browser.find("[name=rowid]").click()
    browser.find("[name=action][value=restore]").click()
    browser.find(".alert-success")

    browser.open(LIST)
    assert {title.text for title in browser.all(".dm-row-title")} == {"Autumn", "Spring"}
