"""What a project's own type checker sees: strict, without plugins."""

import subprocess
import sys
from pathlib import Path


def test_the_application_of_the_readme_is_typed_strictly(tmp_path: Path) -> None:
    sample = Path(__file__).with_name("one_screen.py")
    (tmp_path / "empty.ini").write_text("[mypy]\n")

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", tmp_path / "empty.ini", sample],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Success" in checked.stdout, checked.stdout + checked.stderr
