"""A change taken back from the history, in the browser."""

from typing import Any

from tests.browser.test_pages import judge_here


def test_a_change_is_taken_back_from_the_history(browser: Any) -> None:
    browser.resize(1280)
    browser.open("/admin/gallery_work/edit/?id=11")
    before = browser.find("h1").text
    browser.run(
        "const field = document.querySelector('[name=title]'); field.value = 'Repainted'; field.form.requestSubmit()"
    )
    browser.wait("location.search === '' || document.querySelector('.alert-success')")

    browser.open("/admin/gallery_work/history/?id=11")
    browser.find(".dm-history-undo").click()
    browser.wait("location.pathname.endsWith('/revert/')")
    judge_here(browser)
    browser.resize(1280)
    browser.run("document.querySelector('main .btn-primary').click()")

    browser.wait("location.pathname.endsWith('/history/')")
    assert browser.find("h1").text == before
