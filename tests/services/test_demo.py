"""The demonstration: one command serves the example, a person works in it, Ctrl-C leaves nothing behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[2]
FLASK = Path(sys.executable).parent / "flask"


class Demo:
    """`flask --app example_app up --no-input` in a folder of its own, and what it prints."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[str] = []
        env = {k: v for k, v in os.environ.items() if not k.startswith(("FLASK_", "DATABASE_URL", "SECRET_KEY"))}
        self.process = subprocess.Popen(
            [FLASK, "--app", "example_app", "up", "--no-input"],
            cwd=folder,
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def wait_for(self, pattern: str, *, seconds: float = 90) -> str:
        end = time.monotonic() + seconds
        while not (match := re.search(pattern, self.output)):
            assert self.process.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.1)
        return match[1]

    def stop(self) -> None:
        """Ctrl-C at a terminal: the whole foreground group gets it."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(20)

    def left_behind(self) -> str:
        group = subprocess.run(
            ["ps", "-o", "pid,args", "-g", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return "\n".join(line for line in group.stdout.splitlines()[1:] if "defunct" not in line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "example_app", tmp_path / "demo" / "example_app", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path / "demo"


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    demo = Demo(folder)
    yield demo
    if demo.process.poll() is None:
        os.killpg(demo.process.pid, signal.SIGKILL)
        demo.process.wait(20)


@pytest.mark.browser
def test_a_person_signs_in_edits_an_order_and_reads_the_mail_in_the_inbox(
    demo: Demo, browser: webdriver.Chrome
) -> None:
    password = demo.wait_for(r"password[: ]+(\S+)")
    address = demo.wait_for(r"(\S+@\S+)")
    url = demo.wait_for(r"(http://127\.0\.0\.1:\d+)")

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


def fill(browser: webdriver.Chrome, **values: str) -> None:
    """Type into the fields of the page's form and send it."""
    for name, value in values.items():
        field = browser.find_element(By.CSS_SELECTOR, f"main [name={name}]")
        field.clear()
        field.send_keys(value)
    before = browser.find_element(By.TAG_NAME, "html")
    field.submit()
    end = time.monotonic() + 20
    while before.id == browser.find_element(By.TAG_NAME, "html").id:
        assert time.monotonic() < end, "the form was not sent"
        time.sleep(0.05)


def test_a_second_run_keeps_the_data_and_says_who_the_administrator_is(demo: Demo, folder: Path) -> None:
    address = demo.wait_for(r"(\S+@\S+)")
    demo.wait_for(r"(http://127\.0\.0\.1:\d+)")
    demo.stop()
    assert demo.left_behind() == ""

    again = Demo(folder)
    again.wait_for(r"(http://127\.0\.0\.1:\d+)")
    again.stop()

    assert address in again.output
    assert "flask user password" in again.output or "user password" in again.output
    assert "password:" not in again.output
