"""Facets in the filter panel."""

from typing import Any

from tests.browser.test_pages import judge_here


def test_the_filter_panel_offers_values_with_their_numbers(browser: Any) -> None:
    browser.resize(1280)
    browser.open("/admin/gallery_work/")
    browser.find("[data-dm-filters]").click()
    browser.wait("document.querySelectorAll('.dm-facet a').length >= 5")

    judge_here(browser)
    browser.resize(1280)
    value = browser.find(".dm-facet a")
    count = value.find_element("css selector", "span").text
    value.click()

    browser.wait("location.search.includes('flt0_')")
    assert browser.find(".dm-count").text == count
