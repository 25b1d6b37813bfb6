"""What is off is not imported: seen in a fresh process, battery by battery."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from demijohn.catalogue import BUNDLED, NEEDS

LIBRARIES = {
    "database": {"sqlalchemy", "flask_sqlalchemy"},
    "migrations": {"alembic", "flask_migrate"},
    "security": {"flask_wtf", "wtforms"},
    "sessions": set(),
    "audit": set(),
    "forms": set(),  # Flask-WTF and WTForms are already there for security
    "mail": {"flask_mail"},
    "auth": {"flask_login", "argon2", "email_validator"},
    "admin": {"flask_admin"},
    "observability": set(),
}
"""The libraries each battery alone brings in."""

PROGRAM = """
import json, sys
from demijohn import Settings, create_app

settings = Settings(
    environment="testing", secret_key="a-key-for-tests-only-0123456789-abcdefghij", features={"%s": False}
)
create_app("nowhere", settings)
print(json.dumps(sorted(sys.modules)))
"""


def modules_after_start_without(battery: str, folder: Path) -> set[str]:
    (folder / "nowhere.py").write_text("")
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM % battery], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("battery", BUNDLED)
def test_a_battery_that_is_off_imports_neither_its_modules_nor_its_library(battery: str, tmp_path: Path) -> None:
    loaded = modules_after_start_without(battery, tmp_path)

    settings = {name for name in loaded if name.endswith(".settings")}
    packages = {name.rpartition(".")[0] for name in settings}  # they hold a docstring
    own = {name for name in loaded if name.startswith(f"demijohn.{battery}.")} - settings - packages
    libraries = {name.partition(".")[0] for name in loaded} & LIBRARIES[battery]
    assert (own, libraries) == (set(), set())


def test_the_libraries_of_two_step_sign_in_are_not_imported_at_start(tmp_path: Path) -> None:
    loaded = modules_after_start_without("mail", tmp_path)

    assert "demijohn.auth.factors.totp" in loaded
    assert not {name.partition(".")[0] for name in loaded} & {"pyotp", "segno"}


def test_what_needs_an_absent_battery_is_not_imported_either(tmp_path: Path) -> None:
    loaded = modules_after_start_without("database", tmp_path)

    off = {"database", *(name for name, needs in NEEDS.items() if {"database", "auth"} & set(needs))}
    assert not {name for name in off if f"demijohn.{name}.battery" in loaded}


def test_the_top_package_imports_no_library_until_a_name_is_asked_for() -> None:
    program = "import sys, demijohn; print(sorted({m.partition('.')[0] for m in sys.modules}))"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    for library in ("flask", "sqlalchemy", "flask_admin", "pydantic"):
        assert f"'{library}'" not in run.stdout
