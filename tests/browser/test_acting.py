"""An action that asks before it runs, in the browser: from a record's page and from the list."""

from typing import Any

import sqlalchemy as sa
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from tests.browser.test_pages import judge_here

from demijohn import db


def test_an_action_asks_on_a_record_s_page_and_is_done_by_keyboard(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_work/details/?id=9")
    browser.find("[popovertarget=dm-record-actions]").send_keys(Keys.ENTER)
    browser.find("#dm-record-actions [value=move]").send_keys(Keys.ENTER)
    browser.find("[name=answer-remark]")
    judge_here(browser)

    browser.resize(1280)
    Select(browser.find("[name=answer-to]")).select_by_visible_text("Cellar")
    browser.find("[name=answer-since]").send_keys(Keys.ENTER)
    browser.find(".dm-summary")
    judge_here(browser, "/admin/gallery_work/action/")
    browser.resize(1280)
    browser.find("[name=answer-remark]").send_keys("to be cleaned", Keys.ENTER)

    browser.arrive("/admin/gallery_work/details/")
    with browser.site.app.app_context():
        assert db.session.execute(sa.text("select room, notes from gallery_work where id = 9")).one() == (
            "cellar",
            "to be cleaned",
        )


def test_an_action_asks_for_what_is_ticked_on_the_list(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/gallery_work/")
    for box in browser.all("input[name=rowid]")[:2]:
        box.click()
    browser.find("[data-dm-action=move]").click()
    browser.find("[name=answer-remark]")

    assert "2 records" in browser.find(".dm-title").text
    assert len(browser.all("input[name=rowid]")) == 2


def test_an_action_finds_a_record_by_a_look_up(option_browser: Any) -> None:
    browser = option_browser
    browser.open("/admin/works-in-tabs/details/?id=9")
    browser.find("[popovertarget=dm-record-actions]").click()
    browser.find("#dm-record-actions [value=give]").click()
    field = browser.find("#answer-artist")
    judge_here(browser)

    browser.resize(1280)
    field = browser.find("#answer-artist")
    field.click()
    field.send_keys("Wen")
    browser.wait("document.querySelectorAll('.dm-options:popover-open [role=option]').length === 1")
    field.send_keys(Keys.ENTER)
    browser.find(".dm-save .btn-primary").click()
    browser.wait("!document.querySelector('#answer-artist') && document.readyState === 'complete'")

    with browser.site.app.app_context():
        told = "SELECT name FROM gallery_artist WHERE id = (SELECT artist_id FROM gallery_work WHERE id = 9)"
        assert db.session.scalar(sa.text(told)) == "Wen Li"
