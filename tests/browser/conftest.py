"""A real browser against a real server: an application in a thread, Chromium without a window."""

import datetime as dt
import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from demijohn import Settings, create_app, db

ADDRESS, PASSWORD = "ada@gallery.example", "correct horse battery staple"
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
AXE = (Path(__file__).parent / "axe.min.js").read_text()
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)

Theme = Literal["light", "dark"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever is in this folder needs the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


def fill() -> None:
    """One administrator, a few artists, forty works."""
    import gallery

    from demijohn.auth.models import Role, user_class

    artists = [gallery.Artist(name=name, born_on=dt.date(1880, 3, day)) for day, name in enumerate(NAMES, 1)]
    techniques = [gallery.Technique(name=name) for name in ("oil", "ink", "bronze", "wool")]
    works = [
        gallery.Work(
            title=f"Study no. {number}",
            artist=artists[number % len(artists)],
            room=list(gallery.Room)[number % 3],
            price=Decimal(number * 12_345) / 100,
            on_loan=number % 2 == 0,
            shown_at=dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC) + dt.timedelta(days=number),
            notes="A long note that says where it came from. " * 3 if number % 5 == 0 else None,
            techniques=techniques[: number % 3],
        )
        for number in range(1, 41)
    ]
    user = user_class()(email=ADDRESS, name="Ada Lindqvist", password_hash=HASHER.hash(PASSWORD), is_superuser=True)
    role = Role(name="curators", permissions={"gallery_work.view", "gallery_work.edit", "gallery_artist.view"})
    db.session.add_all([*artists, *techniques, *works, user, role])
    db.session.commit()


NAMES = ("Berthe Vane", "Ilse Marr", "Noor Aziz", "Tomás Rey", "Wen Li", "Yara Costa")


@dataclass
class Site:
    """A running application."""

    app: Flask
    url: str


@contextmanager
def serve(
    folder: Path,
    environment: Literal["testing", "development"],
    auth: Mapping[str, Any] | None = None,
    admin: Mapping[str, Any] | None = None,
    sample: str = "gallery",
    **options: Any,
) -> Iterator[Site]:
    """The sample gallery, or another, served by a thread; with these settings of its accounts and its dashboard."""
    __import__(sample)
    settings = Settings(
        name="The Gallery",
        environment=environment,
        secret_key="a-key-for-tests-only-0123456789-abcdefghij",
        database={"url": f"sqlite:///{folder}/gallery.db"},
        auth=dict(auth or {}),
        admin=dict(admin or {}),
    )
    app = create_app(sample, settings, **options)
    with app.app_context():
        db.create_all()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["demijohn.housekeeping"].close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery as its users know it, with data."""
    with serve(tmp_path_factory.mktemp("live"), "testing") as site:
        with site.app.app_context():
            fill()
        yield site


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery in development, empty."""
    with serve(tmp_path_factory.mktemp("workshop"), "development") as site:
        yield site


@dataclass
class Browser:
    """Chromium, with what the tests ask of a page."""

    driver: webdriver.Chrome
    site: Site

    def resize(self, width: int, height: int = 860) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, theme: Theme) -> None:
        """Ask for a theme, and for no motion: a colour on its way from one theme to the other says nothing."""
        features = [
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def open(self, path: str) -> None:
        self.driver.get(self.site.url + path)

    def find(self, selector: str) -> WebElement:
        """The first shown element; waits a little for it."""
        return WebDriverWait(self.driver, 5, ignored_exceptions=[StaleElementReferenceException]).until(
            lambda driver: next((e for e in driver.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()), False)
        )

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def arrive(self, part: str) -> None:
        """Wait until the address contains `part`; needs no script in the page."""
        WebDriverWait(self.driver, 5).until(lambda driver: part in driver.current_url)

    def wait(self, script: str) -> Any:
        """Wait until the expression is true in the page."""
        return WebDriverWait(self.driver, 5).until(lambda driver: driver.execute_script(f"return ({script})"))

    def sign_in(self) -> None:
        self.open("/auth/login")
        self.find("[name=email]").send_keys(ADDRESS)
        self.find("[name=password]").send_keys(PASSWORD)
        self.find("main form button:not([type=button])").click()
        self.wait("!location.pathname.includes('login')")

    def complaints(self) -> list[str]:
        """What the console said since last asked: policy violations, script errors, missing files."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def requests(self) -> list[tuple[str, int]]:
        """Address and decoded bytes of everything this page loaded, itself included."""
        return [
            (name, int(size))
            for name, size in self.run(
                "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
                ".map(e => [e.name, e.decodedBodySize])"
            )
        ]

    def faults(self) -> list[str]:
        """Critical and serious findings of axe (WCAG 2.1 A and AA, best practice)."""
        self.run(AXE)
        found = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {resultTypes: ['violations']}).then(r => done(JSON.stringify(r.violations)))"
        )
        return [
            f"{rule['id']}: {node['html'][:160]}"
            for rule in json.loads(found)
            if rule["impact"] in {"critical", "serious"}
            for node in rule["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.run("return document.documentElement.scrollWidth - innerWidth"))

    def small_targets(self) -> list[str]:
        """Links, buttons and inputs under 24 x 24 px that are shown (links inside sentences are exempt, WCAG 2.5.8)."""
        return list(self.run(SMALL_TARGETS))


SMALL_TARGETS = """
const hidden = '.visually-hidden, .visually-hidden-focusable, .skip';
const shown = e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !e.closest(hidden);
const words = n => n.nodeType === Node.TEXT_NODE && n.textContent.trim().length > 3;
const sentence = e => e.closest('p, li, dd, small, td');
const inSentence = e => e.matches('a') && sentence(e) && [...sentence(e).childNodes].some(words);
const box = e => (e.closest('label') || e).getBoundingClientRect();
const targets = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=option]';
return [...document.querySelectorAll(targets)]
  .filter(e => shown(e) && !inSentence(e))
  .map(e => [box(e), e])
  .filter(([b]) => b.width && (b.width < 24 || b.height < 24))
  .map(([b, e]) => `${Math.round(b.width)}x${Math.round(b.height)} ${e.outerHTML.slice(0, 120)}`);
"""


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One Chromium for the whole run."""
    options = webdriver.ChromeOptions()
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(20)
    yield driver
    driver.quit()


@pytest.fixture
def stranger(driver: webdriver.Chrome, live: Site) -> Browser:
    """The browser, signed out, at a desk."""
    browser = Browser(driver, live)
    browser.open("/auth/login")
    driver.delete_all_cookies()
    browser.resize(1280)
    browser.prefer("light")
    browser.complaints()
    return browser


@pytest.fixture(scope="session")
def cookies(driver: webdriver.Chrome, live: Site) -> list[dict[str, Any]]:
    """What an administrator's browser holds after signing in once."""
    browser = Browser(driver, live)
    browser.sign_in()
    return driver.get_cookies()


@pytest.fixture
def browser(cookies: list[dict[str, Any]], stranger: Browser) -> Browser:
    """The browser, signed in as an administrator, at a desk."""
    for cookie in cookies:
        stranger.driver.add_cookie(cookie)
    return stranger


@pytest.fixture(scope="session")
def optional(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery with options of Flask-Admin that its views do not set by themselves."""
    import gallery

    from demijohn.admin import ModelView, action

    class WorkView(ModelView):
        model = gallery.Work
        column_list = ("title", "price", "on_loan", "room")
        column_editable_list = ("price", "on_loan", "room")
        column_date_hierarchy = "shown_at"

        @action("move", "Move to a room")
        def move(self, ids: list[int], to: gallery.Room, remark: str, since: dt.date | None = None) -> None:
            """The picture is carried there tonight."""
            for work in db.session.scalars(sa.select(gallery.Work).where(gallery.Work.id.in_(ids))):
                work.room, work.notes = to, remark
            db.session.commit()

    class TechniqueView(ModelView):
        model = gallery.Technique
        create_modal = True
        details_modal = True

    class ArtistView(ModelView):
        model = gallery.Artist
        inline_models = ((gallery.Work, {"form_columns": ("id", "title", "price", "room")}),)

    class TabbedView(ModelView):
        model = gallery.Work
        endpoint = "works-in-tabs"
        url = "/admin/works-in-tabs"
        name = "Works in tabs"
        form_columns = ("title", "artist", "price", "room", "on_loan", "shown_at", "notes")
        form_readonly_columns = ("id",)
        form_fieldsets = (
            ("", ("id", "title", "artist")),
            ("Where", ("price", "room", "on_loan", "shown_at"), {"tab": "Place"}),
            ("", ("notes",), {"tab": "Words"}),
        )
        form_conditions: ClassVar[dict[str, object]] = {"shown_at": ("on_loan", True)}

        @action("give", "Give to an artist")
        def give(self, ids: list[int], artist: gallery.Artist) -> None:
            for work in db.session.scalars(sa.select(gallery.Work).where(gallery.Work.id.in_(ids))):
                work.artist = artist
            db.session.commit()

    views = [WorkView, TechniqueView, ArtistView, TabbedView]
    with serve(tmp_path_factory.mktemp("optional"), "testing", admin_views=views) as site:
        with site.app.app_context():
            fill()
        yield site


@pytest.fixture
def option_browser(driver: webdriver.Chrome, optional: Site) -> Browser:
    """The browser at that gallery, signed in."""
    return signed_in(Browser(driver, optional))


def signed_in(browser: Browser) -> Browser:
    """The browser as an administrator, at a desk, with nothing of an earlier site."""
    browser.open("/auth/login")
    browser.driver.delete_all_cookies()
    browser.resize(1280)
    browser.prefer("light")
    browser.sign_in()
    browser.complaints()
    return browser


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A list of contacts with columns of every format, and leaflets that are only marked when deleted."""
    with serve(tmp_path_factory.mktemp("directory"), "testing", sample="directory") as site:
        from directory import Contact, Leaflet

        from demijohn.auth.models import user_class

        about = "# About\n\nWrites *programs*.\n\n| a | b |\n|---|---|\n| 1 | 2 |"
        contact = Contact(
            name="Ada", email="ada@example.com", phone="+44 20 7946", colour="#ff8800", fee=5, about=about,
            motto="x" * 1900, settings={"theme": "dark"},
        )  # fmt: skip
        with site.app.app_context():
            user = user_class()(email=ADDRESS, password_hash=HASHER.hash(PASSWORD), is_superuser=True)
            db.session.add_all([user, contact, Leaflet(title="Spring"), Leaflet(title="Autumn")])
            db.session.commit()
        yield site


@pytest.fixture
def directory_browser(driver: webdriver.Chrome, directory: Site) -> Browser:
    """The browser at that list, signed in."""
    return signed_in(Browser(driver, directory))


@pytest.fixture
def developer(driver: webdriver.Chrome, workshop: Site) -> Browser:
    """The browser at the application in development, signed out."""
    browser = Browser(driver, workshop)
    browser.open("/auth/login")
    browser.complaints()
    return browser
