"""Columns chosen and arranged in the browser, a phone's way to sort, and periods above a list."""

from typing import Any

from selenium.webdriver.common.keys import Keys
from tests.browser.test_pages import judge_here

LIST = "/admin/gallery_work/"


def heads(browser: Any) -> list[str]:
    return [head.text for head in browser.all("th.column-header") if head.text]


def test_columns_are_chosen_and_arranged_by_keyboard(browser: Any) -> None:
    browser.resize(1280)
    browser.open(LIST)
    before = heads(browser)

    browser.find("[popovertarget=dm-choose]").send_keys(Keys.ENTER)
    browser.find("#dm-choose:popover-open")
    browser.find(".dm-order li:nth-child(2) button:nth-of-type(1)").send_keys(Keys.ENTER)
    browser.find(".dm-order li:nth-child(3) input").send_keys(Keys.SPACE)
    browser.find("#dm-choose .btn-primary").send_keys(Keys.ENTER)
    browser.wait("!document.querySelector('#dm-choose:popover-open') && document.querySelector('[name=reset]')")

    assert heads(browser) == [before[1], before[0], *before[3:]]
    browser.find("[popovertarget=dm-choose]").click()
    browser.find("#dm-choose:popover-open")
    judge_here(browser)
    browser.run("document.querySelector('#dm-choose [name=reset]').click()")
    browser.wait("document.readyState === 'complete' && !document.querySelector('[name=reset]')")
    browser.resize(1280)
    assert heads(browser) == before


def test_a_phone_sorts_by_a_menu(browser: Any) -> None:
    browser.resize(390)
    browser.open(LIST)

    browser.find(".dm-sort-button").click()
    browser.find("#dm-sort-by:popover-open")
    judge_here(browser)
    browser.find("#dm-sort-by a").click()
    browser.wait("location.search.includes('by=')")

    said = browser.run("return document.querySelector('#dm-sort-by a[aria-current] .visually-hidden').textContent")
    assert said == ", ascending"
    browser.resize(1280)
    assert not browser.all(".dm-sort-button")[0].is_displayed()


def test_periods_are_walked_by_links(option_browser: Any) -> None:
    browser = option_browser
    browser.resize(390)
    browser.open(LIST)
    judge_here(browser)

    browser.find(".dm-periods ul a").click()
    browser.wait("document.querySelector('.dm-periods-path')")

    assert browser.find(".dm-periods-path [aria-current]").text == "January"
    judge_here(browser)
