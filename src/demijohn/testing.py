"""The pytest plugin: fixtures a project gets by installing demijohn.

Nothing runs unless a test asks for it, and a project's own fixture of the same name wins. The application is found by
`[tool.demijohn] app = "shop:app"` (or a factory, `"shop:create_app"`) in pyproject.toml.
"""

import importlib
import os
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from demijohn.database.base import Database


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before any test module imports the project: it is being tested, on a database of its own.

    Does nothing in a project whose pyproject.toml does not name an application.
    """
    if application_name(early_config.rootpath) is None:
        return
    folder = tempfile.TemporaryDirectory(prefix="pytest-demijohn-")
    patch = pytest.MonkeyPatch()
    patch.setenv("FLASK_ENVIRONMENT", "testing")
    patch.setenv("DATABASE_URL", os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{folder.name}/test.db")
    patch.delenv("FLASK_DATABASE__URL", raising=False)
    patch.delenv("FLASK_DEBUG", raising=False)
    early_config.add_cleanup(patch.undo)
    early_config.add_cleanup(folder.cleanup)


def application_name(root: Path) -> str | None:
    """What `[tool.demijohn] app` says in `root`/pyproject.toml."""
    file = root / "pyproject.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    name: str | None = table.get("tool", {}).get("demijohn", {}).get("app")
    return name


@pytest.fixture(scope="session")
def app(pytestconfig: pytest.Config) -> Iterator["Flask"]:
    """The project's application in the environment `testing`, on a fresh database.

    The database is a SQLite file, or the one that TEST_DATABASE_URL names; it must be empty.
    """
    root = pytestconfig.rootpath
    name = application_name(root)
    if name is None:
        fix = '[tool.demijohn]\napp = "shop:app"'
        raise pytest.UsageError(f"{root / 'pyproject.toml'} does not name the application. Fix: {fix}")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        application = load_application(name)
    with tables(application):
        yield application


def load_application(name: str) -> "Flask":
    """The application, or what its factory makes: `"shop:app"`, `"shop:create_app"`."""
    module, _, attribute = name.partition(":")
    found: Any = getattr(importlib.import_module(module), attribute or "app")
    application: Flask = found if hasattr(found, "wsgi_app") else found()
    return application


@contextmanager
def tables(application: "Flask") -> Iterator[None]:
    """Make the application's tables, and close its engines at the end."""
    if not application.extensions["demijohn"].has("database"):
        yield
        return
    from demijohn.database.base import db as database

    with application.app_context():
        database.create_all()
    yield
    with application.app_context():
        for engine in database.engines.values():
            engine.dispose()


@pytest.fixture
def db(app: "Flask") -> Iterator["Database"]:
    """The database inside a transaction that is undone after the test, commits and requests included.

    The test may use `db.session` directly: an application context is open. Requests made by `client` have their own.
    """
    import sqlalchemy as sa

    from demijohn.database.base import db as database
    from demijohn.testing_engine import held

    with ExitStack() as stack:
        stack.enter_context(app.app_context())
        engines: dict[str | None, sa.Engine] = database.engines  # type: ignore[assignment]  # it is one
        real = dict(engines)
        for bind, engine in real.items():
            engines[bind] = stack.enter_context(held(engine))
        try:
            yield database
        finally:
            database.session.remove()
            engines.update(real)


@pytest.fixture
def client(app: "Flask", request: pytest.FixtureRequest) -> "FlaskClient":
    """A test client whose forms carry a valid CSRF token by themselves; what it writes is undone after the test."""
    from demijohn.testing_client import Client

    if app.extensions["demijohn"].has("database"):
        request.getfixturevalue("db")
    return Client(app, app.response_class)


@pytest.fixture
def login_as(client: "FlaskClient") -> Callable[..., "FlaskClient"]:
    """A function that signs the client in: `login_as(user)` or `login_as("ada@example.com", superuser=True)`.

    An address without an account makes one, with `superuser=` or `permissions=["order.view"]`.
    """
    from demijohn.testing_client import sign_in

    def login(user: Any = "someone@example.com", **rights: Any) -> "FlaskClient":
        sign_in(client, user, **rights)
        return client

    return login


@pytest.fixture
def mailbox(app: "Flask") -> Sequence[Any]:
    """The mails written since the test began, oldest first; read it after the request that sends."""
    from demijohn.testing_client import Mailbox

    return Mailbox(app)


class Clock:
    """Moves the time that demijohn sees."""

    def travel(self, distance: timedelta) -> None:
        """Let this much time pass (negative: go back)."""
        from demijohn import clock as real

        real.shift += distance


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock of demijohn: `clock.travel(timedelta(hours=1))`; set right again after the test."""
    from demijohn import clock as real

    yield Clock()
    real.shift = timedelta()


@pytest.fixture
def assert_queries(app: "Flask") -> Callable[..., AbstractContextManager[list[str]]]:
    """Counts statements: `with assert_queries(2):` fails unless two ran; `at_most=True` allows fewer."""
    import sqlalchemy as sa

    from demijohn.database.base import db as database

    @contextmanager
    def counting(count: int, *, at_most: bool = False) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        with app.app_context():
            engines = list(database.engines.values())
        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            for engine in engines:
                sa.event.remove(engine, "before_cursor_execute", note)
        listing = "\n".join(seen)
        assert len(seen) == count or (at_most and len(seen) < count), (  # noqa: S101 - a test's own assertion
            f"{len(seen)} statements, not {count}:\n{listing}"
        )

    return counting


@pytest.fixture
def assert_protected(app: "Flask", client: "FlaskClient") -> Callable[..., None]:
    """Asks every address of the project: `assert_protected(except_=["shop.index"])`.

    Fails, naming each, if a stranger gets an answer from one that neither `except_` nor `auth.public_endpoints` lists
    (endpoints or blueprints), if one writes to the database on GET, or takes a form without a token.
    """
    from demijohn.testing_routes import faults_of_routes

    if not app.extensions["demijohn"].has("auth"):
        raise pytest.UsageError("assert_protected needs 'auth', which is off here. Fix: FLASK_FEATURES__AUTH=true")

    def check(*, except_: Iterable[str] = ()) -> None:
        faults = faults_of_routes(app, client, public=set(except_))
        assert not faults, "\n".join(faults)  # noqa: S101 - a test's own assertion

    return check


class LiveServer:
    """A running server: `url` without a trailing slash."""

    def __init__(self, url: str) -> None:
        self.url = url


@pytest.fixture
def live_server(app: "Flask") -> Iterator[LiveServer]:
    """The application served by threads on a free port of 127.0.0.1, for browsers.

    It sees what is committed, so it can't be used with `db` or `client`; every table is emptied after the test.
    """
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield LiveServer(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        empty_tables(app)


def empty_tables(application: "Flask") -> None:
    """Delete every row of every table that is the application's or a battery's."""
    if not application.extensions["demijohn"].has("database"):
        return
    from demijohn.database.base import db as database

    with application.app_context():
        for bind, engine in database.engines.items():
            with engine.begin() as connection:
                for table in reversed(database.metadatas[bind].sorted_tables):
                    if engine.dialect.has_table(connection, table.name):
                        connection.execute(table.delete())
