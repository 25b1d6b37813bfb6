"""Applications with the database battery and nothing above it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

MakeApp = Callable[..., Flask]
UPPER = ("migrations", "security", "sessions", "audit", "forms", "mail", "auth", "admin", "observability")
DATABASE_ALONE = dict.fromkeys(UPPER, False)


@pytest.fixture
def make_data_app(make_app: MakeApp) -> MakeApp:
    def make(import_name: str = "shop", **options: Any) -> Flask:
        features = DATABASE_ALONE | options.pop("features", {})
        return make_app(import_name, features=features, **options)

    return make
