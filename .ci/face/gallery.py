"""Takes the pictures of `docs/gallery/`: the example with its data, by headless Chromium, light, dark and for a phone.

Run: python .ci/face/gallery.py [folder]   (needs Chromium and its driver, and the development environment)
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "docs" / "gallery"
EMAIL, PASSWORD = "ines@example.com", "a long sentence about flasks"
DESK, PHONE = (1280, 860), (390, 844)
OPTIONS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

PAGES: dict[str, str] = {
    "dashboard": "/admin/",
    "list": "/admin/order/",
    "filtered": "/admin/ticket/?flt0_state_equals=open",
    "edit": "/admin/order/edit/?id=1",
    "ticket": "/admin/ticket/edit/?id=1",
    "details": "/admin/customer/details/?id=1",
    "history": "/admin/order/history/?id=1",
    "delete": "/admin/customer/delete/?id=1",
    "search": "/admin/global-search/?q=ada",
    "rights": "/admin/role/rights/",
    "users": "/admin/user/",
    "account": "/auth/account",
}
"""Name of the picture -> address."""


@contextmanager
def example() -> Iterator[str]:
    """The address of the example, served from a copy with sample data and one administrator."""
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(
        ROOT / "example_app", folder / "example_app", ignore=shutil.ignore_patterns("__pycache__", "instance")
    )
    env = {**os.environ, "FLASK_APP": "example_app", "FLASK_ENVIRONMENT": "development"}
    flask = Path(sys.executable).parent / "flask"

    def run(*words: str, **options: object) -> None:
        subprocess.run([flask, *words], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL, **options)

    run("db", "upgrade")
    run("db", "seed", "--orders", "2000")
    run("user", "create", EMAIL, "--name", "Ines Moreau", "--superuser", "--password-stdin", input=PASSWORD, text=True)
    port = os.environ.get("GALLERY_PORT", "5077")
    server = subprocess.Popen(
        [flask, "run", "--port", port, "--no-reload"], cwd=folder, env=env, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/healthz")
        yield url
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder)


def wait_for(url: str) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(0.2)
    raise SystemExit(f"{url} does not answer")


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for option in OPTIONS:
        options.add_argument(option)
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def sign_in(driver: webdriver.Chrome, url: str) -> None:
    driver.get(f"{url}/auth/login")
    driver.find_element(By.NAME, "email").send_keys(EMAIL)
    driver.find_element(By.NAME, "password").send_keys(PASSWORD)
    driver.find_element(By.CSS_SELECTOR, "form button:not([type=button])").click()


def picture(driver: webdriver.Chrome, url: str, path: Path, *, size: tuple[int, int], theme: str) -> None:
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    scheme = [{"name": "prefers-color-scheme", "value": theme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
    driver.get(url)
    time.sleep(0.4)
    driver.save_screenshot(str(path))


def main(folder: Path, only: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with example() as url, browser() as driver:
        picture(driver, f"{url}/auth/login", folder / "sign-in-light.png", size=DESK, theme="light")
        sign_in(driver, url)
        for name, address in PAGES.items():
            if not re.search(only, name):
                continue
            for theme in ("light", "dark"):
                picture(driver, url + address, folder / f"{name}-{theme}.png", size=DESK, theme=theme)
            picture(driver, url + address, folder / f"{name}-phone.png", size=PHONE, theme="light")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET, *sys.argv[2:3])
