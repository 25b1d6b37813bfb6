"""Two people at one record: the second chooses field by field, by keyboard, and loses nothing."""

from typing import Any

import sqlalchemy as sa
from selenium.webdriver.common.keys import Keys
from tests.browser.test_pages import judge_here

from demijohn import db


def test_the_second_person_chooses_field_by_field(option_browser: Any) -> None:
    browser = option_browser
    browser.resize(1280)
    browser.open("/admin/gallery_work/edit/?id=21")
    with browser.site.app.app_context():
        db.session.execute(sa.text("update gallery_work set notes = 'meanwhile', price = 10 where id = 21"))
        db.session.commit()
    title = browser.find("[name=title]").get_attribute("value")
    browser.find("[name=title]").send_keys(" (signed)")
    price = browser.find("[name=price]")
    price.clear()
    price.send_keys("20", Keys.ENTER)
    browser.find(".dm-compare")
    judge_here(browser, "/admin/gallery_work/edit/")
    browser.resize(1280)

    chosen = {box.get_attribute("name"): box.get_attribute("value") for box in browser.all(".dm-take :checked")}
    assert chosen == {"take-title": "mine", "take-price": "mine", "take-notes": "saved"}
    browser.find("[name=take-price][value=mine]").send_keys(Keys.ARROW_LEFT)
    browser.find(".dm-save .btn-primary").send_keys(Keys.ENTER)
    browser.arrive("/admin/gallery_work/")

    with browser.site.app.app_context():
        row = db.session.execute(sa.text("select title, price, notes from gallery_work where id = 21")).one()
    assert (row.title, float(row.price), row.notes) == (f"{title} (signed)", 10, "meanwhile")


def test_changing_one_s_own_version_chooses_it(option_browser: Any) -> None:
    browser = option_browser
    browser.resize(1280)
    browser.open("/admin/gallery_work/edit/?id=22")
    with browser.site.app.app_context():
        db.session.execute(sa.text("update gallery_work set notes = 'meanwhile' where id = 22"))
        db.session.commit()
    browser.find("[name=title]").send_keys(Keys.END, "!", Keys.ENTER)
    browser.find("details[data-dm-mine] summary").send_keys(Keys.ENTER)
    browser.find("[name=notes]").send_keys("mine after all")
    browser.find(".dm-save .btn-primary").click()
    browser.arrive("/admin/gallery_work/")

    with browser.site.app.app_context():
        notes = db.session.scalar(sa.text("select notes from gallery_work where id = 22"))
    assert "mine after all" in notes
