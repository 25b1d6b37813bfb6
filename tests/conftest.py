"""Fixtures shared by every test: applications over real databases."""

import os
import random
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask, has_app_context
from jinja2.bccache import Bucket, BytecodeCache
from projects import SHOP, Project
from setup_faults import Mending, sites

from demijohn import Settings, create_app, db

MakeApp = Callable[..., Flask]
CHROMIUM_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1280,1000"
)
SECRET_KEY = "a-key-for-tests-only-0123456789-abcdefghij"


def oidc_server() -> Path | None:
    """The program of the certified provider, if it is installed; TEST_OIDC_SERVER says where, else it is in .ci."""
    own = Path(__file__).parents[1] / ".ci" / "oidc" / "server.js"
    server = Path(os.environ.get("TEST_OIDC_SERVER") or own)
    return server if (server.parent / "node_modules" / "oidc-provider").is_dir() else None


MISSING = {
    "postgres": (
        lambda: "TEST_POSTGRES_URL" in os.environ,
        "no PostgreSQL: TEST_POSTGRES_URL=postgresql://user@127.0.0.1:5432/postgres make test",
    ),
    "redis": (
        lambda: "TEST_REDIS_URL" in os.environ,
        "no Redis: TEST_REDIS_URL=redis://127.0.0.1:6379/0 make test",
    ),
    "oidc": (
        lambda: bool(shutil.which("node")) and oidc_server() is not None,
        "no OpenID Connect provider: npm install --prefix .ci/oidc, then make test",
    ),
    "browser": (
        lambda: bool(shutil.which("chromium") and shutil.which("chromedriver")),
        "no browser: install chromium and chromium-driver, then make test",
    ),
}
"""Marker -> whether its service is there, and the command that enables its tests."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a service that is not there; in CI the services are there, so a skip is a failure."""
    for marker, (is_there, command) in MISSING.items():
        if item.get_closest_marker(marker) is not None and not is_there():
            if os.environ.get("CI"):
                pytest.fail(f"{marker} is missing in CI: {command}")
            pytest.skip(command)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say on the very last line what was skipped for want of a service, and the command that enables it."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    skipped = [str(report.longrepr) for report in reporter.stats.get("skipped", [])]
    for marker, (_, command) in MISSING.items():
        count = sum(command in reason for reason in skipped)
        if count:
            reporter.write_line(f"{count} {marker} tests skipped; {command}")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of a fresh, empty PostgreSQL database that is dropped after the test."""
    server = sa.make_url(os.environ["TEST_POSTGRES_URL"]).set(drivername="postgresql+psycopg")
    name = f"test_{secrets.token_hex(8)}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The URL of an empty Redis database that nobody else uses until the test ends; it is emptied afterwards."""
    import redis

    first = redis.Redis.from_url(os.environ["TEST_REDIS_URL"])
    databases = int(first.config_get("databases")["databases"])
    numbers = random.sample(range(1, databases), databases - 1)
    number = next(n for n in numbers if first.set(f"demijohn:test:{n}", "in use", nx=True, ex=900))
    url = urlsplit(os.environ["TEST_REDIS_URL"])._replace(path=f"/{number}").geturl()
    own = redis.Redis.from_url(url)
    own.flushdb()
    yield url
    own.flushdb()
    first.delete(f"demijohn:test:{number}")
    own.close()
    first.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


class CompiledTemplates(BytecodeCache):
    """What Jinja made of a template for one application, for the next one too: compiling is a quarter of the work."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """A function that makes applications over the sample shop, each on its own SQLite file unless told otherwise.

    `make_app("shop", batteries=[...], security={"proxies": 1})`: positional is the import name; keywords that
    `create_app` knows go there, the others are settings.
    """
    made: list[Flask] = []

    def make(import_name: str = "shop", *, create_tables: bool = True, **values: Any) -> Flask:
        __import__(import_name)
        options = {name: values.pop(name) for name in ("batteries", "models", "admin_views") if name in values}
        values.setdefault("database", {"url": f"sqlite:///{tmp_path}/{len(made)}.db"})
        settings = Settings(**{"environment": "testing", "secret_key": SECRET_KEY, **values})
        app = create_app(import_name, settings, **options)
        app.jinja_env.bytecode_cache = COMPILED
        made.append(app)
        if create_tables and app.extensions["demijohn"].has("database"):
            with app.app_context():
                db.create_all()
        return app

    yield make
    for app in made:
        app.extensions["demijohn.housekeeping"].close()
        if "demijohn.redis" in app.extensions:
            app.extensions["demijohn.redis"].client.close()
        wait_for_looks()
        if app.extensions["demijohn"].has("database"):
            with app.app_context():
                left = [engine.pool.status() for engine in db.engines.values() if checked_out(engine)]
                for engine in db.engines.values():
                    engine.dispose()
            assert left == [], "the test left connections in use"


def wait_for_looks() -> None:
    """Let the threads end that a served application's first request starts to see what is waiting."""
    for thread in threading.enumerate():
        if thread.name in ("demijohn-mail-look", "demijohn-jobs-look"):
            thread.join(30)


def checked_out(engine: sa.Engine) -> int:
    """How many connections of the engine's pool are in use."""
    return int(engine.pool.checkedout()) if isinstance(engine.pool, sa.pool.QueuePool) else 0


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with the single-file application `shop`, every battery off that needs a database."""
    made = Project(tmp_path / "site")
    made.write("shop.py", SHOP)
    return made


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """This process's environment without any variable that is a setting."""
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)
    for name in ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "MAIL_URL", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def mending(request: pytest.FixtureRequest) -> Iterator[Mending]:
    """Follows the fault that the test's `mends` mark names, from the refusal to the start with its fix applied."""
    mark = request.node.get_closest_marker("mends")
    assert mark is not None, 'mark the test with @pytest.mark.mends("file.py:function")'
    found = Mending(sites()[mark.args[0]])
    yield found
    assert found.has_started, "the fix was not followed by mending.started(...)"


@pytest.fixture(autouse=True)
def no_context_left() -> Iterator[None]:
    """A context left open would be shared by the requests of later tests."""
    yield
    assert not has_app_context(), "the test left an application context open"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    """Chromium without a window, in a profile of its own."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    options.accept_insecure_certs = True
    for flag in CHROMIUM_FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path}/profile")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    driver.implicitly_wait(10)
    yield driver
    driver.quit()
