"""Options that Flask-Admin documents, in our face: editing in the list, modal windows, inline forms."""

from typing import Any

import sqlalchemy as sa
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from demijohn import db


def value(browser: Any, sql: str) -> Any:
    with browser.site.app.app_context():
        return db.session.scalar(sa.text(sql))


def test_cell_is_edited_in_the_list_and_escape_gives_up(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_work/?search=no. 21")
    cell = browser.find("td.col-price [data-role^=x-editable]")
    before = cell.text

    cell.click()
    browser.find(".dm-cell-editor input").send_keys("999", Keys.ESCAPE)
    given_up = browser.find("td.col-price [data-role^=x-editable]").text
    cell.click()
    field = browser.find(".dm-cell-editor input")
    field.clear()
    field.send_keys("77.5", Keys.ENTER)
    browser.find("#dm-toasts .alert-success")

    assert given_up == before
    assert value(browser, "select price from gallery_work where title = 'Study no. 21'") in {77.5, "77.5", 775000}
    assert browser.complaints() == []


def test_choice_in_a_cell_is_made_from_a_list(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_work/?search=no. 22")

    browser.find("td.col-room [data-role^=x-editable]").click()
    Select(browser.find(".dm-cell-editor select")).select_by_visible_text("Cellar")
    browser.find(".dm-cell-editor button").click()
    browser.find("#dm-toasts .alert-success")

    assert value(browser, "select room from gallery_work where title = 'Study no. 22'") == "cellar"


def test_list_with_editable_cells_is_fit_for_everyone(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_work/")

    assert browser.faults() == []
    assert browser.small_targets() == []
    browser.resize(390)
    assert browser.overflow() <= 0


def test_record_is_made_in_a_modal_window(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_technique/")

    browser.find("[data-dm-modal].btn-primary").click()
    browser.find("dialog[open] #name").send_keys("tempera")
    faults = browser.faults()
    browser.find("dialog[open] .btn-primary").click()
    browser.find(".alert-success")

    assert faults == []
    assert value(browser, "select count(*) from gallery_technique where name = 'tempera'") == 1


def test_modal_window_closes_by_escape(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_technique/")

    browser.find("[data-dm-modal].btn-primary").click()
    browser.find("dialog[open] #name").send_keys(Keys.ESCAPE)

    browser.wait("!document.querySelector('dialog[open]')")


def test_inline_form_is_added_filled_and_saved(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_artist/edit/?id=2")
    before = len(browser.all(".inline-field-list > .inline-field"))

    browser.run("document.querySelector('[data-dm-add-inline]').click()")
    fresh = browser.find(".inline-field.fresh")
    fresh.find_element("css selector", "[name$=title]").send_keys("Added inline")
    fresh.find_element("css selector", "[name$=price]").send_keys("12")
    faults = browser.faults()
    browser.find(".dm-save .btn-primary").click()
    browser.find(".alert-success")

    assert faults == []
    assert value(browser, "select artist_id from gallery_work where title = 'Added inline'") == 2
    browser.open("/admin/gallery_artist/edit/?id=2")
    assert len(browser.all(".inline-field-list > .inline-field")) == before + 1
