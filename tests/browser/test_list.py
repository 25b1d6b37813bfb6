"""The list at work: by keyboard, by mouse, with and without JavaScript."""

from typing import Any

import pytest
import sqlalchemy as sa
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from demijohn import db

LIST = "/admin/gallery_work/"


def press(browser: Any, *keys: str) -> None:
    ActionChains(browser.driver).send_keys(*keys).perform()


def titles(browser: Any) -> list[str]:
    return [row.text for row in browser.all(".dm-row-title")]


def count(browser: Any, table: str) -> int:
    with browser.site.app.app_context():
        return db.session.scalar(sa.text(f"select count(*) from {table}")) or 0


def add_techniques(browser: Any, *names: str) -> None:
    with browser.site.app.app_context():
        for name in names:
            db.session.execute(sa.text("insert into gallery_technique (name) values (:name)"), {"name": name})
        db.session.commit()


def test_first_title_is_three_tabs_away(browser: Any) -> None:
    browser.open(LIST)

    press(browser, Keys.TAB, Keys.ENTER, Keys.TAB, Keys.TAB)

    assert "dm-row-title" in browser.run("return document.activeElement.className")


def test_slash_goes_to_the_search_and_enter_searches(browser: Any) -> None:
    browser.open(LIST)

    press(browser, "/")
    press(browser, "no. 17", Keys.ENTER)

    browser.wait("location.search.includes('search=')")
    assert titles(browser) == ["Study no. 17"]


def test_box_of_a_short_list_ends_with_its_last_row(browser: Any) -> None:
    browser.open(f"{LIST}?search=no. 17")

    spare = browser.run(
        "const box = document.querySelector('.dm-table-wrap');"
        "return box.clientHeight - box.querySelector('table').offsetHeight"
    )

    assert titles(browser) == ["Study no. 17"]
    assert spare == 0


def test_a_list_sorts_further_by_shift_and_by_keyboard(browser: Any) -> None:
    browser.open(f"{LIST}?sort=0")

    shifted = browser.all("th a.dm-sort")[1]
    ActionChains(browser.driver).key_down(Keys.SHIFT).click(shifted).key_up(Keys.SHIFT).perform()
    browser.wait("location.search.includes('%2C') || location.search.includes(',')")
    numbers = [number.text.split()[-1] for number in browser.all(".dm-sort-number")]
    browser.run("document.querySelectorAll('th .dm-sort-then')[1].focus()")
    press(browser, Keys.ENTER)
    browser.wait("location.search.includes(',') || location.search.includes('%2C')")

    assert numbers == ["1", "2"]
    assert len(browser.all(".dm-sort-number")) == 3
    assert browser.small_targets() == []
    assert browser.faults() == []
    browser.find(".dm-sorted a").click()
    browser.wait("!location.search.includes(',')")
    assert browser.all("[aria-sort]") == []


def test_sorting_is_said_to_screen_readers(browser: Any) -> None:
    browser.open(LIST)

    browser.find("th.col-title a").click()

    browser.wait("location.search.includes('by=')")
    assert browser.find("th.col-title").get_attribute("aria-sort") == "ascending"


def test_menu_of_a_row_works_by_keyboard(browser: Any) -> None:
    browser.open(LIST)
    more = browser.find(".dm-more")

    more.send_keys(Keys.ENTER)
    browser.find(".dm-pop:popover-open")
    press(browser, Keys.ARROW_DOWN)
    second = browser.run("return document.activeElement.textContent.trim()")
    press(browser, Keys.ESCAPE)

    assert second == "Edit"
    assert browser.all(".dm-pop:popover-open") == []
    assert browser.run("return document.activeElement === arguments[0]", more)


def test_delete_asks_first_and_cancel_keeps_the_row(browser: Any) -> None:
    add_techniques(browser, "kept")
    browser.open("/admin/gallery_technique/?search=kept")
    before = count(browser, "gallery_technique")

    browser.find(".dm-more").click()
    browser.find("[data-dm-delete]").click()
    asked = browser.find("#dm-confirm h2").text
    browser.find("#dm-confirm [value=no]").click()
    browser.open("/admin/gallery_technique/?search=kept")

    assert "kept" in asked
    assert titles(browser) == ["kept"]
    assert count(browser, "gallery_technique") == before


def test_delete_after_yes_removes_the_row_and_says_so(browser: Any) -> None:
    add_techniques(browser, "gone")
    browser.open("/admin/gallery_technique/?search=gone")

    browser.find(".dm-more").click()
    browser.find("[data-dm-delete]").click()
    browser.find("#dm-confirm [data-yes]").click()

    assert browser.find(".alert-success").text
    assert titles(browser) == []
    assert browser.complaints() == []


def test_selected_rows_are_deleted_together_after_asking(browser: Any) -> None:
    add_techniques(browser, "bulk one", "bulk two")
    browser.open("/admin/gallery_technique/?search=bulk")
    before = count(browser, "gallery_technique")

    browser.find(".action-rowtoggle").click()
    selected = browser.find("[data-dm-bulk-count]").text
    browser.find("[data-dm-action=delete]").click()
    browser.find("#dm-confirm [data-yes]").click()
    browser.find(".alert-success, main form [type=submit]")

    assert selected == "2"
    assert count(browser, "gallery_technique") == before - 2


def test_filter_is_added_applied_shown_as_a_chip_and_removed(browser: Any) -> None:
    browser.open(LIST)

    browser.find("[data-dm-filters]").click()
    Select(browser.find("[data-dm-add-filter]")).select_by_visible_text("Room")
    Select(browser.find("select.filter-val")).select_by_visible_text("Cellar")
    browser.find("#filter_form [type=submit]").click()
    browser.wait("location.search.includes('flt')")
    rooms = {cell.text for cell in browser.all("tbody td.col-room")}
    browser.find(".dm-chips a").click()
    browser.wait("!location.search.includes('flt')")

    assert rooms == {"Cellar"}
    assert browser.all(".dm-chips") == []


@pytest.fixture
def without_script(browser: Any) -> Any:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield browser
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_list_is_searched_and_a_row_deleted_without_script(without_script: Any) -> None:
    browser = without_script
    add_techniques(browser, "plain")
    browser.open("/admin/gallery_technique/")

    search = browser.find("[name=search]")
    search.send_keys("plain", Keys.ENTER)
    browser.arrive("search=plain")
    browser.find(".dm-row-title").click()
    browser.arrive("/edit/")
    browser.find(".dm-title-buttons .btn-outline-danger").click()
    browser.arrive("/delete/")
    browser.find("main form .btn-danger").click()

    assert browser.find(".alert-success").text


def test_navigation_opens_over_the_page_on_a_phone_and_closes_by_escape(browser: Any) -> None:
    browser.resize(390)
    browser.open(LIST)
    assert not browser.all("#dm-side")[0].is_displayed()

    browser.find(".dm-side-open").click()
    browser.find("#dm-side nav a[aria-current]")
    press(browser, Keys.ESCAPE)

    browser.wait("!document.querySelector('#dm-side').matches(':popover-open')")
    assert browser.run("return document.activeElement.className").startswith("dm-plain dm-side-open")


def test_row_is_a_card_with_named_values_on_a_phone(browser: Any) -> None:
    browser.resize(390)
    browser.open(LIST)

    name = browser.run("return getComputedStyle(document.querySelector('td.col-price'), '::before').content")

    assert name == '"Price"'
    assert not browser.all("thead")[0].is_displayed()


def test_chosen_theme_is_kept_and_beats_the_system(browser: Any) -> None:
    browser.open("/admin/")
    browser.find(".dm-user").click()
    browser.find("[data-theme-choice=dark]").click()
    browser.open(LIST)
    colour = browser.run("return getComputedStyle(document.body).backgroundColor")

    browser.run("localStorage.clear()")

    assert browser.run("return document.documentElement.dataset.theme") == "dark"
    assert colour == "rgb(17, 21, 20)"
