"""Forms with tabs and with fields that depend on others, in the browser."""

from typing import Any

from selenium.webdriver.common.keys import Keys
from tests.browser.test_pages import judge_here


def open_form(browser: Any) -> None:
    browser.open("/admin/works-in-tabs/edit/?id=3")
    browser.wait("document.querySelector('[role=tablist]')")


def tab(browser: Any) -> str:
    return str(browser.find("[role=tab][aria-selected=true]").text)


def test_tabs_are_walked_by_arrows_and_remembered(option_browser: Any) -> None:
    browser = option_browser
    open_form(browser)
    assert tab(browser) == "Place"
    judge_here(browser)

    browser.find("[role=tab][aria-selected=true]").send_keys(Keys.ARROW_RIGHT)
    assert tab(browser) == "Words"
    assert browser.find("[name=notes]").is_displayed()
    assert not browser.all("[name=room]")[0].is_displayed()
    judge_here(browser)
    open_form(browser)
    assert tab(browser) == "Words"
    browser.find("[role=tab][aria-selected=true]").send_keys(Keys.HOME)
    assert tab(browser) == "Place"


def test_a_tab_with_something_wrong_comes_first(option_browser: Any) -> None:
    browser = option_browser
    open_form(browser)

    browser.find("[name=price]").clear()
    browser.find("[name=price]").send_keys("much")
    browser.find("[role=tab]:nth-child(2)").click()
    browser.find(".dm-save .btn-primary").click()
    browser.wait("document.querySelector('.dm-summary') && document.querySelector('[role=tablist]')")

    assert tab(browser).split() == ["Place", "1"]
    browser.find("[role=tab]:nth-child(2)").click()
    browser.find(".dm-summary a[href='#price']").click()
    assert tab(browser).split() == ["Place", "1"]
    assert browser.run("return document.activeElement.id") == "price"


def test_a_field_comes_and_goes_with_what_it_depends_on(option_browser: Any) -> None:
    browser = option_browser
    open_form(browser)
    loan = browser.all("[name=on_loan]")[0]
    shown_at = "document.querySelector('[name=shown_at]')"
    if loan.is_selected():
        loan.click()
    browser.wait(f"{shown_at}.closest('.dm-field').hidden && {shown_at}.disabled")

    loan.click()
    browser.wait(f"!{shown_at}.closest('.dm-field').hidden && !{shown_at}.disabled")
    assert browser.faults() == []
