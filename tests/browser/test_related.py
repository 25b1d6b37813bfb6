"""A related record is made and changed over the form, by keyboard, and the form keeps what was typed."""

from typing import Any

import pytest
import sqlalchemy as sa
from selenium.webdriver.common.keys import Keys
from tests.browser.test_pages import judge_here

from demijohn import db


@pytest.fixture
def form(option_browser: Any) -> Any:
    option_browser.resize(1280)
    option_browser.open("/admin/gallery_work/new/")
    option_browser.find("[name=title]").send_keys("Study in dialogs")
    return option_browser


def test_a_related_record_is_made_from_what_was_sought_and_chosen_at_once(form: Any) -> None:
    form.find("#artist").send_keys("Ulla Dialog")
    form.find(".dm-combo-row [aria-label='New artist']").send_keys(Keys.ENTER)
    name = form.find("dialog[open] [name=name]")
    assert name.get_attribute("value") == "Ulla Dialog"
    judge_here(form)
    form.resize(1280)
    name.send_keys(Keys.ENTER)

    form.wait("document.querySelector('#artist').value === 'Ulla Dialog'")
    assert form.find("[name=title]").get_attribute("value") == "Study in dialogs"
    with form.site.app.app_context():
        key = db.session.scalar(sa.text("select id from gallery_artist where name = 'Ulla Dialog'"))
    assert form.run("return document.querySelector('input[name=artist]').value") == str(key)


def test_what_is_wrong_is_said_in_the_dialog_and_it_closes_only_when_asked(form: Any) -> None:
    form.find(".dm-combo-row [aria-label='New artist']").send_keys(Keys.ENTER)
    form.find("dialog[open] [name=born_on]").send_keys("01011880")
    form.find("dialog[open] [name=name]").send_keys(Keys.ENTER)
    assert "Name" in form.find("dialog[open] .dm-summary").text
    judge_here(form)
    form.resize(1280)

    form.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    form.find("#dm-confirm[open] [data-yes]").click()

    form.wait("!document.querySelector('dialog[open]')")
    assert form.driver.switch_to.active_element.get_attribute("id") == "artist"


def test_a_chosen_record_is_changed_in_place(form: Any) -> None:
    form.find("#artist").send_keys("Noor")
    form.wait("document.querySelector('[role=option]')")
    form.find("#artist").send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    form.find(".dm-combo-row [aria-label^='Edit Noor']").send_keys(Keys.ENTER)
    name = form.find("dialog[open] [name=name]")
    name.clear()
    name.send_keys("Noor A. Aziz", Keys.ENTER)

    form.wait("document.querySelector('#artist').value === 'Noor A. Aziz'")
