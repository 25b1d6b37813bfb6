"""Formats in a form: a colour picked, Markdown previewed, what is left of a length; in both themes and on a phone."""

from typing import Any

import sqlalchemy as sa
from tests.browser.test_pages import judge_here

from demijohn import db

EDIT = "/admin/directory_contact/edit/?id=1"


def test_a_colour_is_picked_or_typed(directory_browser: Any) -> None:
    reader = directory_browser
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
    with reader.site.app.app_context():
        assert db.session.scalar(sa.text("SELECT colour FROM directory_contact")) == "#112233"


def test_markdown_is_previewed_and_written_on(directory_browser: Any) -> None:
    reader = directory_browser
    reader.open(EDIT)

    reader.run("document.querySelector('.dm-preview-button').click()")
    reader.find(".dm-preview .dm-markdown em")
    assert not reader.find("[name=name]").get_attribute("hidden")
    judge_here(reader)
    reader.run("document.querySelector('.dm-preview-button').click()")
    reader.wait("!document.querySelector('[name=about]').hidden")
    assert reader.find("[name=about]").get_attribute("value").startswith("# About")


def test_what_is_left_of_a_length_is_said(directory_browser: Any) -> None:
    reader = directory_browser
    reader.open(EDIT)

    assert reader.find(".dm-left").text == "1,900 / 2,000"


def test_formats_on_the_page_of_a_record_are_fit_for_everyone(directory_browser: Any) -> None:
    reader = directory_browser
    reader.open("/admin/directory_contact/details/?id=1")

    assert reader.find(".dm-markdown em").text == "programs"
    judge_here(reader)
    reader.open("/admin/directory_contact/?columns=name,email,phone,colour,fee")
    judge_here(reader)
