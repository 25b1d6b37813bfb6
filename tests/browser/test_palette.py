"""Getting around by keyboard: the palette, rows by arrows, keys of one letter."""

from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from tests.browser.test_pages import judge_here

LIST = "/admin/gallery_work/"


def press(browser: Any, *keys: str, ctrl: bool = False) -> None:
    chain = ActionChains(browser.driver)
    chain = chain.key_down(Keys.CONTROL).send_keys(*keys).key_up(Keys.CONTROL) if ctrl else chain.send_keys(*keys)
    chain.perform()


def open_palette(browser: Any) -> None:
    press(browser, "k", ctrl=True)
    browser.wait("document.querySelectorAll('.dm-palette [role=option]').length > 3")


def offered(browser: Any) -> list[str]:
    return [name.text for name in browser.all(".dm-palette-name")]


@pytest.fixture
def desk(browser: Any) -> Any:
    browser.resize(1280)
    browser.open(LIST)
    browser.run("localStorage.clear()")
    return browser


def test_a_record_is_found_and_opened_from_anywhere(desk: Any) -> None:
    desk.open("/admin/")

    open_palette(desk)
    press(desk, "no. 17")
    desk.wait("[...document.querySelectorAll('.dm-palette-name')].some((one) => one.textContent === 'Study no. 17')")
    press(desk, Keys.ENTER)

    desk.wait("document.querySelector('h1')?.textContent === 'Study no. 17'")


def test_the_arrows_choose_and_a_page_is_reached_by_its_name(desk: Any) -> None:
    open_palette(desk)
    press(desk, "artist")
    desk.wait("document.querySelectorAll('.dm-palette [role=option]').length > 1")
    first = desk.run("return document.activeElement.getAttribute('aria-activedescendant')")
    press(desk, Keys.ARROW_DOWN)

    assert desk.run("return document.activeElement.getAttribute('aria-activedescendant')") != first
    press(desk, Keys.ARROW_UP, Keys.ENTER)
    desk.wait("location.pathname.startsWith('/admin/gallery_artist/')")


def test_records_seen_last_are_offered_first(desk: Any) -> None:
    titles = []
    for key in (8, 9):
        desk.open(f"{LIST}details/?id={key}")
        titles.append(desk.find("h1").text)
    desk.open("/admin/")

    open_palette(desk)
    desk.wait("document.querySelector('.dm-palette-group').textContent.includes('Seen')")

    assert offered(desk)[:2] == titles[::-1]


def test_escape_closes_the_palette_and_gives_the_focus_back(desk: Any) -> None:
    desk.run("document.querySelector('.dm-row-title').focus()")
    open_palette(desk)

    press(desk, Keys.ESCAPE)

    assert "dm-row-title" in desk.run("return document.activeElement.className")


def test_the_open_palette_is_accessible(desk: Any) -> None:
    open_palette(desk)

    judge_here(desk)


def test_tab_stops_at_one_row_and_the_arrows_go_to_the_others(desk: Any) -> None:
    stops = desk.run(
        "return [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex]')]"
        ".filter((one) => one.tabIndex >= 0 && one.checkVisibility()).length"
    )
    assert stops < 60

    desk.run("document.querySelector('.dm-row-title').focus()")
    press(desk, Keys.ARROW_DOWN, Keys.ARROW_DOWN, " ")
    third = desk.run("return document.activeElement.closest('tr').rowIndex")
    press(desk, Keys.END)
    last = desk.run("return document.activeElement.closest('tr').rowIndex")
    press(desk, Keys.HOME)

    assert (third, last) == (3, 25)
    assert desk.run("return document.activeElement.closest('tr').rowIndex") == 1
    assert desk.run("return [...document.querySelectorAll('.action-checkbox')].findIndex((box) => box.checked)") == 2


def test_keys_of_one_letter_can_be_switched_off(desk: Any) -> None:
    press(desk, "?")
    assert desk.run("return document.querySelector('#dm-keys').open")
    press(desk, " ", Keys.ESCAPE)

    press(desk, "n")
    assert desk.run("return location.pathname") == LIST
    desk.run("localStorage.clear()")
    press(desk, "n")
    desk.wait("location.pathname.endsWith('/new/')")


def test_nothing_is_a_shortcut_while_somebody_types(desk: Any) -> None:
    press(desk, "/")
    press(desk, "n?")

    assert desk.run("return [document.activeElement.value, document.querySelector('#dm-keys').open]") == ["n?", False]
