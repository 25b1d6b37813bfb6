"""Projects on each database, driven by the `flask` command in fresh processes."""

from pathlib import Path

import pytest
from market_project import Project, made


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    """A project on SQLite and on PostgreSQL."""
    return made(tmp_path / "work", database_url)


@pytest.fixture
def sqlite_project(tmp_path: Path) -> Project:
    return made(tmp_path / "work", f"sqlite:///{tmp_path}/test.db")
