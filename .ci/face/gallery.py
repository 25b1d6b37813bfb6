"""Takes the pictures of `docs/gallery/`: the example with its data, by headless Chromium, light, dark and for a phone.

Run: python .ci/face/gallery.py [folder]   (needs Chromium and its driver, and the development environment)
"""

import base64
import contextlib
import os
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

PAGES: dict[str, tuple[str, str]] = {
    "dashboard": ("/admin/", "The first page: numbers, charts, what is in store, how the application is."),
    "orders": ("/admin/order/", "A list with saved views as tabs, search, filters and bulk actions."),
    "tickets": ("/admin/ticket/?flt0_state_equals=open", "A filtered list; its address can be shared."),
    "edit": ("/admin/ticket/edit/?id=1", "A form with look-ups and the notes of a ticket."),
    "details": ("/admin/customer/details/?id=1", "Everything of one record."),
    "delete": ("/admin/customer/delete/?id=1", "Before a delete: what is in the way, or what goes along."),
    "export": ("/admin/order/export/", "An export: format and columns."),
    "import": ("/admin/customer/import/", "An import: a file is checked before anything is written."),
    "search": ("/admin/global-search/?q=ada", "A search over every model; Ctrl-K does the same from anywhere."),
    "permissions": ("/admin/role/rights/", "Roles against permissions."),
    "users": ("/admin/user/", "People."),
    "account": ("/auth/account", "One's own account."),
}
"""Name of the picture -> address, and what one sees."""
ALSO_DARK = ("dashboard", "orders")
ALSO_ON_A_PHONE = ("dashboard", "orders", "edit")


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
    time.sleep(0.8)
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": 82})
    path.write_bytes(base64.b64decode(shot["data"]))


def wanted() -> Iterator[tuple[str, str, str, tuple[int, int], str]]:
    """File, address, words, size and theme of every picture of the dashboard."""
    for name, (address, words) in PAGES.items():
        yield f"{name}.webp", address, words, DESK, "light"
        if name in ALSO_DARK:
            yield f"{name}-dark.webp", address, "The same in the dark.", DESK, "dark"
        if name in ALSO_ON_A_PHONE:
            yield f"{name}-phone.webp", address, "The same on a phone.", PHONE, "light"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Gallery",
        "",
        "The example of this project with sample data; pictures made by `.ci/face/gallery.py`.",
        "",
    ]
    with example() as url, browser() as driver:
        picture(driver, f"{url}/auth/login", folder / "sign-in.webp", size=DESK, theme="light")
        sign_in(driver, url)
        for file, address, words, size, theme in wanted():
            picture(driver, url + address, folder / file, size=size, theme=theme)
            lines += [words, "", f"![{words}]({file})", ""]
    lines += ["The page that lets people in.", "", "![The page that lets people in.](sign-in.webp)"]
    (folder / "index.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
