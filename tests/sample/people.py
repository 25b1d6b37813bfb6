"""What a person does in a browser."""

import time
from typing import Any

from selenium.webdriver.common.by import By


def fill(browser: Any, **values: str) -> None:
    """Type into the fields of the page's form, send it, and wait for the next page."""
    field: Any = None
    for name, value in values.items():
        field = browser.find_element(By.CSS_SELECTOR, f"form [name={name}]")
        field.clear()
        field.send_keys(value)
    form = field.find_element(By.XPATH, "./ancestor::form")
    before = browser.find_element(By.TAG_NAME, "html").id
    form.find_element(By.CSS_SELECTOR, "[type=submit]").click()
    end = time.monotonic() + 20
    while browser.find_element(By.TAG_NAME, "html").id == before:
        assert time.monotonic() < end, "the form was not sent"
        time.sleep(0.05)
