"""A list kept as a tab, in the browser."""

from typing import Any

from tests.browser.test_pages import judge_here

LIST = "/admin/gallery_work/"


def test_a_list_is_saved_as_a_tab_with_its_number_of_rows(browser: Any) -> None:
    browser.resize(1280)
    browser.open(f"{LIST}?flt0_room_in_list=&search=no. 1&by=-title")

    browser.find(".dm-views-tools button").click()
    browser.find("#dm-view-name").send_keys("Ones")
    browser.run("document.querySelector('#dm-view-name').form.requestSubmit()")
    browser.wait("document.querySelector('[data-dm-count] .dm-badge')")

    assert browser.find("[data-dm-count]").text.split() == ["Ones", "13"]
    judge_here(browser)
    browser.open("/admin/saved-views/?of=admin_gallery_work")
    judge_here(browser)
