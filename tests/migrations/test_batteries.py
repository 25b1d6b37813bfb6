"""Each battery's revisions make exactly its models' tables."""

import subprocess
import sys
from pathlib import Path

import pytest

import demijohn
from demijohn.migrations.revisions import heads, read_revisions

PACKAGE = Path(demijohn.__file__).parent
WITH_TABLES = sorted(
    folder.name
    for folder in PACKAGE.iterdir()
    if '"battery": "' in "".join(p.read_text() for p in folder.rglob("*.py"))
)


def test_every_battery_with_tables_has_revisions() -> None:
    without = [name for name in WITH_TABLES if not (PACKAGE / name / "migrations").is_dir()]

    assert len(WITH_TABLES) >= 5
    assert without == []


@pytest.mark.parametrize("name", WITH_TABLES)
def test_models_and_revisions_agree(name: str, database_url: str) -> None:
    url = database_url.replace("postgresql://", "postgresql+psycopg://")

    done = subprocess.run(
        [sys.executable, "-m", "demijohn.migrations.author", name, "--check", "--url", url],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "nothing differs", f"python -m demijohn.migrations.author {name}\n{done.stderr}"


@pytest.mark.parametrize("name", WITH_TABLES)
def test_revisions_form_one_line_on_a_labelled_branch(name: str) -> None:
    found = read_revisions([PACKAGE / name / "migrations"])

    assert len(heads(found)) == 1
    first = next(revision for revision in found.values() if not revision.follows)
    assert f'branch_labels = ("demijohn_{name}",)' in first.path.read_text()
    assert all(len(revision) <= 32 for revision in found), "alembic_version holds 32 characters"
