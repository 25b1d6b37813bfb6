"""`demijohn new` writes a project that works as it stands."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from demijohn.cli.new import new


def run_in(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_new_project_passes_its_own_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    written = CliRunner().invoke(new, ["shop"])
    tested = run_in(tmp_path / "shop", "pytest", "-q", "-p", "no:cacheprovider")

    assert "created shop/ (8 files)" in written.output
    assert "3 passed" in tested.stdout, tested.stdout + tested.stderr


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("My-Shop", "my_shop"),
        ("class", "demijohn new my_class"),
        ("flask", "my_flask"),
        ("json", "my_json"),
        ("../up", "demijohn new up"),
        ("größe", "demijohn new gr__e"),
        ("2nd", "demijohn new my_2nd"),
    ],
)
def test_a_name_that_can_not_be_a_package_is_refused_with_one_that_can(
    name: str, suggested: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    refused = CliRunner().invoke(new, [name])

    assert refused.exit_code == 2
    assert suggested in refused.output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("keep")

    refused = CliRunner().invoke(new, ["shop"])

    assert refused.exit_code == 2
    assert [file.name for file in (tmp_path / "shop").iterdir()] == ["mine.txt"]
