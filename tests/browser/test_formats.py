"""Formats in a form: a colour picked, Markdown previewed, what is left of a length; in both themes and on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from selenium import webdriver
from tests.browser.conftest import ADDRESS, HASHER, PASSWORD, Browser, serve
from tests.browser.test_pages import judge_here

from demijohn import db
from demijohn.auth.models import user_class

EDIT = "/admin/directory_contact/edit/?id=1"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from directory import Contact

    with serve(tmp_path_factory.mktemp("formats"), "testing", sample="directory") as site:
        with site.app.app_context():
            user = user_class()(email=ADDRESS, password_hash=HASHER.hash(PASSWORD), is_superuser=True)
            about = "# About\n\nWrites *programs*.\n\n| a | b |\n|---|---|\n| 1 | 2 |"
            contact = Contact(
                name="Ada", email="ada@example.com", phone="+44 20 7946", colour="#ff8800", fee=5, about=about,
                motto="x" * 1900, settings={"theme": "dark"},
            )  # fmt: skip
            db.session.add_all([user, contact])
            db.session.commit()
        yield site


@pytest.fixture
def reader(driver: webdriver.Chrome, site: Any) -> Browser:
    browser = Browser(driver, site)
    browser.open("/auth/login")
    driver.delete_all_cookies()
    browser.resize(1280)
    browser.prefer("light")
    browser.sign_in()
    browser.complaints()
    return browser


def test_a_colour_is_picked_or_typed(reader: Any, site: Any) -> None:
    reader.open(EDIT)
    reader.find(".dm-color-input")
    judge_here(reader)

    reader.run(
        "const one = document.querySelector('.dm-color-input'); one.value = '#112233';"
        "one.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    assert reader.find("[name=colour]").get_attribute("value") == "#112233"
    reader.find(".dm-save .btn-primary").click()
    reader.find(".alert-success")
    with site.app.app_context():
        assert db.session.scalar(sa.text("SELECT colour FROM directory_contact")) == "#112233"


def test_markdown_is_previewed_and_written_on(reader: Any) -> None:
    reader.open(EDIT)

    reader.run("document.querySelector('.dm-preview-button').click()")
    reader.find(".dm-preview .dm-markdown em")
    assert not reader.find("[name=name]").get_attribute("hidden")
    judge_here(reader)
    reader.run("document.querySelector('.dm-preview-button').click()")
    reader.wait("!document.querySelector('[name=about]').hidden")
    assert reader.find("[name=about]").get_attribute("value").startswith("# About")


def test_what_is_left_of_a_length_is_said(reader: Any) -> None:
    reader.open(EDIT)

    assert reader.find(".dm-left").text == "1,900 / 2,000"


def test_formats_on_the_page_of_a_record_are_fit_for_everyone(reader: Any) -> None:
    reader.open("/admin/directory_contact/details/?id=1")

    assert reader.find(".dm-markdown em").text == "programs"
    judge_here(reader)
    reader.open("/admin/directory_contact/?columns=name,email,phone,colour,fee")
    judge_here(reader)
