"""Forms at work: look-ups, errors, unsaved changes, two people at once."""

from typing import Any

import sqlalchemy as sa
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from demijohn import db

EDIT = "/admin/gallery_work/edit/?id=7"
NEW = "/admin/gallery_work/new/"


def press(browser: Any, *keys: str) -> None:
    ActionChains(browser.driver).send_keys(*keys).perform()


def value(browser: Any, sql: str) -> Any:
    with browser.site.app.app_context():
        return db.session.scalar(sa.text(sql))


def asks_before_leaving(browser: Any) -> bool:
    """Whether the page would have the browser ask (Chromium without a window never shows the question)."""
    return bool(
        browser.run(
            "const event = new Event('beforeunload', {cancelable: true});"
            "window.dispatchEvent(event); return event.defaultPrevented"
        )
    )


def test_look_up_is_a_combobox_driven_by_keyboard(browser: Any) -> None:
    browser.open(EDIT)
    box = browser.find("#artist")
    assert box.get_attribute("role") == "combobox"
    assert box.get_attribute("aria-expanded") == "false"

    box.click()
    box.send_keys("yara")
    browser.wait("document.querySelectorAll('.dm-options:popover-open [role=option]').length === 1")
    opened = box.get_attribute("aria-expanded")
    pointed_at = browser.run(
        "const active = document.querySelector('#artist').getAttribute('aria-activedescendant');"
        "return document.getElementById(active).textContent"
    )
    box.send_keys(Keys.ENTER)
    shown = box.get_attribute("value")
    browser.find(".dm-save .btn-primary").click()
    browser.find(".alert-success")

    assert (opened, pointed_at, shown) == ("true", "Yara Costa", "Yara Costa")
    artist = "select name from gallery_artist where id = (select artist_id from gallery_work where id = 7)"
    assert value(browser, artist) == "Yara Costa"


def test_escape_gives_up_what_was_typed_into_a_look_up(browser: Any) -> None:
    browser.open(EDIT)
    box = browser.find("#artist")
    before = box.get_attribute("value")

    box.click()
    box.send_keys("zzz")
    browser.find(".dm-options .dm-note")
    box.send_keys(Keys.ESCAPE)

    assert box.get_attribute("value") == before
    assert browser.all(".dm-options:popover-open") == []


def test_several_values_are_added_and_removed_by_keyboard(browser: Any) -> None:
    browser.open("/admin/gallery_work/edit/?id=3")
    box = browser.find("#techniques")

    box.send_keys("bron")
    browser.find(".dm-options .dm-active")
    box.send_keys(Keys.ENTER)
    added = [tag.text for tag in browser.all(".dm-tags li")]
    box.send_keys(Keys.BACKSPACE)
    kept = [tag.text for tag in browser.all(".dm-tags li")]

    assert added[-1] == "bronze"
    assert kept == added[:-1]


def test_wrong_form_is_summed_up_takes_the_focus_and_links_to_the_field(browser: Any) -> None:
    browser.open(NEW)

    browser.find(".dm-save .btn-primary").click()
    summary = browser.find(".dm-summary[role=alert]")

    assert browser.run("return document.activeElement === arguments[0]", summary)
    assert browser.all("[aria-invalid=true]") != []
    assert browser.find(".dm-summary a").get_attribute("href").endswith("#title")
    assert browser.faults() == []


def test_unsaved_changes_are_not_lost_by_leaving(browser: Any) -> None:
    browser.open(EDIT)
    browser.find("#notes").send_keys("not saved")

    assert browser.find("[data-dm-dirty]").is_displayed()
    assert asks_before_leaving(browser)


def test_untouched_form_is_left_without_a_question(browser: Any) -> None:
    browser.open(EDIT)

    assert not asks_before_leaving(browser)


def test_control_s_saves(browser: Any) -> None:
    browser.open("/admin/gallery_work/edit/?id=9")
    notes = browser.find("#notes")

    notes.clear()
    notes.send_keys("saved by key")
    ActionChains(browser.driver).key_down(Keys.CONTROL).send_keys("s").key_up(Keys.CONTROL).perform()
    browser.find(".alert-success")

    assert value(browser, "select notes from gallery_work where id = 9") == "saved by key"


def test_form_sent_twice_in_a_row_is_carried_out_once(browser: Any) -> None:
    browser.open("/admin/gallery_technique/new/")
    browser.find("#name").send_keys("only once")

    browser.run("const b = document.querySelector('.dm-save .btn-primary'); b.click(); b.click(); b.click();")
    browser.find(".alert")

    assert value(browser, "select count(*) from gallery_technique where name = 'only once'") == 1


def test_second_of_two_savers_sees_both_versions_and_can_keep_theirs(browser: Any) -> None:
    browser.open("/admin/gallery_work/edit/?id=11")
    notes = browser.find("#notes")
    notes.clear()
    notes.send_keys("mine")
    with browser.site.app.app_context():
        db.session.execute(sa.text("update gallery_work set notes = 'theirs' where id = 11"))
        db.session.commit()

    browser.find(".dm-save .btn-primary").click()
    row = browser.find(".dm-compare .dm-differs")
    compared = row.text
    faults, overflow = browser.faults(), browser.overflow()
    unchanged = value(browser, "select notes from gallery_work where id = 11")
    browser.find(".dm-save .btn-primary").click()
    browser.find(".alert-success")

    assert "theirs" in compared
    assert "mine" in compared
    assert (faults, overflow <= 0, unchanged) == ([], True, "theirs")
    assert value(browser, "select notes from gallery_work where id = 11") == "mine"


def test_password_can_be_shown_while_typing(stranger: Any) -> None:
    stranger.open("/auth/login")

    stranger.find("[data-reveal]").click()

    assert stranger.find("[name=password]").get_attribute("type") == "text"
    assert stranger.find("[data-reveal]").get_attribute("aria-pressed") == "true"
