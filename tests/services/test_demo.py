"""The demonstration: one command serves the example, a person works in it, Ctrl-C leaves nothing behind."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from people import fill
from processes import Running
from selenium import webdriver
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[2]
FLASK = Path(sys.executable).parent / "flask"


def start(folder: Path) -> Running:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("FLASK_", "DATABASE_URL", "SECRET_KEY"))}
    return Running([FLASK, "--app", "example_app", "up", "--no-input"], folder=folder, env=env)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "example_app", tmp_path / "demo" / "example_app", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path / "demo"


@pytest.fixture
def demo(folder: Path) -> Iterator[Running]:
    with start(folder) as demo:
        yield demo


@pytest.mark.browser
def test_a_person_signs_in_edits_an_order_and_reads_the_mail_in_the_inbox(
    demo: Running, browser: webdriver.Chrome
) -> None:
    password = demo.wait_for(r"password[: ]+(\S+)")
    address = demo.wait_for(r"(\S+@\S+)")
    url = demo.wait_for_url()

    browser.get(f"{url}/admin/order/")
    fill(browser, email=address, password=password)
    browser.get(f"{url}/admin/order/?search=SO-0000007")
    browser.find_element(By.LINK_TEXT, "SO-0000007").click()
    fill(browser, total="123.45")
    browser.get(f"{url}/admin/order/?search=SO-0000007")
    assert "123.45" in browser.find_element(By.TAG_NAME, "main").text

    browser.delete_all_cookies()
    browser.get(f"{url}/auth/forgot")
    fill(browser, email=address)
    browser.get(f"{url}/_dev/mail/")
    assert address in browser.find_element(By.TAG_NAME, "main").text


def test_a_second_run_keeps_the_data_and_says_who_the_administrator_is(demo: Running, folder: Path) -> None:
    address = demo.wait_for(r"(\S+@\S+)")
    demo.wait_for_url()
    demo.interrupt()
    assert demo.left_behind() == []

    with start(folder) as again:
        again.wait_for_url()
        again.interrupt()

    assert "sample data" in demo.output
    assert "sample data" not in again.output
    assert address in again.output
    assert "user password" in again.output
    assert not re.search(r"password:\s+\S+-\S+", again.output)
