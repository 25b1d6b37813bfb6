"""Fixtures shared by every test: applications over real databases."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from demijohn import Settings, create_app, db

MakeApp = Callable[..., Flask]
SECRET_KEY = "a-key-for-tests-only-0123456789-abcdefghij"


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
        made.append(app)
        if create_tables and app.extensions["demijohn"].has("database"):
            with app.app_context():
                db.create_all()
        return app

    yield make
    for app in made:
        if app.extensions["demijohn"].has("database"):
            with app.app_context():
                for engine in db.engines.values():
                    engine.dispose()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()
