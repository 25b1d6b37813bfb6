"""Related records inside a form, by keyboard alone: lines are added, filled in, marked for deletion and saved."""

from typing import Any

import sqlalchemy as sa
from selenium.webdriver.common.keys import Keys
from tests.browser.test_pages import judge_here

from demijohn import db

EDIT = "/admin/gallery_artist/edit/?id=3"


def titles(browser: Any) -> list[str]:
    with browser.site.app.app_context():
        return list(db.session.scalars(sa.text("select title from gallery_work where artist_id = 3 order by id")))


def test_a_line_is_added_filled_in_and_saved_by_keyboard(option_browser: Any) -> None:
    browser = option_browser
    browser.resize(1280)
    browser.open(EDIT)
    before = titles(browser)
    browser.find("[data-dm-add-inline]").send_keys(Keys.ENTER)
    browser.driver.switch_to.active_element.send_keys("By keyboard", Keys.TAB, "12.50")
    judge_here(browser)
    browser.resize(1280)
    browser.driver.switch_to.active_element.send_keys(Keys.CONTROL, "s")
    browser.arrive("/admin/gallery_artist/")
    browser.find(".alert-success")

    assert titles(browser) == [*before, "By keyboard"]


def test_one_key_leads_from_a_record_to_its_form_and_another_to_a_new_line(option_browser: Any) -> None:
    browser = option_browser
    browser.resize(1280)
    browser.open(EDIT.replace("edit", "details"))
    browser.find("body").send_keys("e")
    browser.arrive("/edit/")
    browser.find("[data-dm-add-inline]")
    browser.find("body").send_keys("a")

    assert browser.driver.switch_to.active_element.get_attribute("name").endswith("-title")


def test_what_is_wrong_in_a_line_is_found_from_the_summary(option_browser: Any) -> None:
    browser = option_browser
    browser.resize(1280)
    browser.open(EDIT)
    browser.find("[data-dm-add-inline]").send_keys(Keys.ENTER)
    browser.driver.switch_to.active_element.send_keys("Without a price", Keys.ENTER)
    link = browser.find(".dm-summary a")
    judge_here(browser, "/admin/gallery_artist/edit/")
    browser.resize(1280)
    link.send_keys(Keys.ENTER)

    focused = browser.driver.switch_to.active_element
    assert focused.get_attribute("name").endswith("-price")
    assert focused.get_attribute("aria-invalid") == "true"


def test_a_line_marked_for_deletion_can_be_kept_again(option_browser: Any) -> None:
    browser = option_browser
    browser.resize(1280)
    browser.open(EDIT)
    before = titles(browser)
    mark = browser.run("return document.querySelector('.dm-inline-delete input')")
    mark.send_keys(Keys.SPACE)
    judge_here(browser)
    browser.resize(1280)
    mark.send_keys(Keys.SPACE)
    browser.find(".dm-save .btn-primary").send_keys(Keys.ENTER)
    browser.find(".alert-success")
    assert titles(browser) == before

    browser.open(EDIT)
    browser.run("return document.querySelector('.dm-inline-delete input')").send_keys(Keys.SPACE)
    browser.find(".dm-save .btn-primary").send_keys(Keys.ENTER)
    browser.find(".alert-success")
    assert titles(browser) == before[1:]
