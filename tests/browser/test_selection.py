"""Everything that matches, in the browser."""

from typing import Any


def test_all_boxes_of_a_page_offer_everything_and_the_next_page_says_how_many(browser: Any) -> None:
    browser.resize(1280)
    browser.open("/admin/gallery_work/")
    offer = "[data-dm-all-matching]"
    assert browser.run(f"return document.querySelector('{offer}').hidden")

    browser.find(".action-rowtoggle").click()
    browser.find(offer).click()
    assert browser.find(offer).get_attribute("aria-pressed") == "true"
    browser.find("[data-dm-action=delete]").click()

    browser.wait("document.querySelector('h1').textContent.includes('Delete these records?')")
    assert "40 records" in browser.find("main").text
    assert "and 20 more" in browser.find("main").text
