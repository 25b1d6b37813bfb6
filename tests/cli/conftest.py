"""Fixtures for tests of commands."""

import os
from pathlib import Path

import pytest
from projects import SHOP, Project


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
