"""Faults of settings: each provoked, its fix applied as it is written, and the settings read that follow."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from setup_faults import Mending

from demijohn import Settings
from demijohn.section import Section

pytestmark = pytest.mark.usefixtures("clean_environment")


class Till(Section):
    token: SecretStr


class Shop(Settings):
    till: Till


@pytest.mark.mends("configuration/faults.py:whole_section")
def test_a_section_passed_as_something_else(mending: Mending) -> None:
    fix = mending.refused(lambda: Settings(admin=3)).fix

    assert "admin={'<field>': <value>}" in fix
    assert mending.started(lambda: Settings(admin={"page_size": 10})).admin.page_size == 10


@pytest.mark.mends("configuration/faults.py:whole_section[2]")
def test_fields_of_a_section_that_do_not_go_together(mending: Mending) -> None:
    fix = mending.refused(lambda: Settings(security={"csp": {"script_src": ["'unsafe-inline'"]}})).fix

    assert "correct what it names" in fix
    mending.started(lambda: Settings(security={"csp": {"script_src": ["'self'"]}}))


@pytest.mark.mends("configuration/faults.py:explain")
def test_an_own_setting_that_must_be_given(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    (name,) = mending.refused(Shop).variables()

    monkeypatch.setenv(name, "a token")

    assert mending.started(Shop).till.token.get_secret_value() == "a token"


@pytest.mark.mends("configuration/faults.py:explain[2]")
def test_a_value_of_the_wrong_kind(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_ADMIN__PAGE_SIZE", "many")

    fix = mending.refused(Settings).fix
    assert fix == "FLASK_ADMIN__PAGE_SIZE=<a whole number, at least 1, at most 500>"
    monkeypatch.setenv("FLASK_ADMIN__PAGE_SIZE", "50")

    assert mending.started(Settings).admin.page_size == 50


@pytest.mark.mends("configuration/faults.py:unknown_argument")
def test_an_unknown_argument(mending: Mending) -> None:
    fix = mending.refused(lambda: Settings(admin={"page_sise": 10})).fix
    section, _, field = fix.removeprefix("did you mean ").rstrip("?").partition(".")

    mending.started(lambda: Settings(**{section: {field: 10}}))


@pytest.mark.mends("configuration/faults.py:unknown_argument")
def test_an_argument_that_is_nothing_known(mending: Mending) -> None:
    assert mending.refused(lambda: Settings(qqqq=1)).fix.startswith("remove it")

    mending.started(Settings)


@pytest.mark.mends("configuration/sources.py:read_dotenv")
def test_a_file_of_settings_that_is_no_text(mending: Mending, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("FLASK_NAME=Käse".encode("latin-1"))

    fix = mending.refused(lambda: Settings(_folder=tmp_path)).fix
    Path(fix.rpartition(": ")[2]).write_text("FLASK_NAME=Käse", encoding="utf-8")

    assert mending.started(lambda: Settings(_folder=tmp_path)).name == "Käse"


@pytest.mark.mends("configuration/sources.py:read_dotenv[2]")
def test_a_line_that_says_nothing(mending: Mending, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FLASK_NAME=x\n=oops\n")

    words = mending.refused(lambda: Settings(_folder=tmp_path)).fix.split()
    number, file = int(words[words.index("line") + 1]), Path(words[-1])
    lines = file.read_text().splitlines()
    file.write_text("\n".join(lines[: number - 1] + lines[number:]))

    assert mending.started(lambda: Settings(_folder=tmp_path)).name == "x"


@pytest.mark.mends("configuration/sources.py:read_dotenv[3]")
def test_a_line_without_a_value(mending: Mending, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FLASK_NAME\n")

    fix = mending.refused(lambda: Settings(_folder=tmp_path)).fix
    (tmp_path / ".env").write_text(fix.replace("<value>", "Corks"))

    assert mending.started(lambda: Settings(_folder=tmp_path)).name == "Corks"


@pytest.mark.mends("configuration/sources.py:read_secret_files")
def test_an_absent_folder_of_secrets(mending: Mending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_SECRETS_DIR", str(tmp_path / "nowhere"))

    fix = mending.refused(Settings).fix
    assert fix == "set FLASK_SECRETS_DIR to the folder where the secrets are mounted, or remove it"
    monkeypatch.setenv("FLASK_SECRETS_DIR", str(tmp_path))

    mending.started(Settings)
    monkeypatch.delenv("FLASK_SECRETS_DIR")
    mending.started(Settings)


@pytest.mark.mends("configuration/sources.py:read_secret_files[2]")
def test_a_secret_file_that_is_no_text(mending: Mending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flask_name").write_bytes(b"\xff")
    monkeypatch.setenv("FLASK_SECRETS_DIR", str(tmp_path))

    fix = mending.refused(Settings).fix
    Path(fix.removeprefix("make ").removesuffix(" readable UTF-8 text")).write_text("Corks")

    assert mending.started(Settings).name == "Corks"


@pytest.mark.mends("configuration/unknown.py:refusal")
def test_a_section_set_as_a_whole(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_FEATURES", '{"admin": false}')

    fix = mending.refused(Settings).fix
    monkeypatch.delenv("FLASK_FEATURES")
    monkeypatch.setenv(fix.partition("fields: ")[2].removesuffix("=<value>").replace("<FIELD>", "ADMIN"), "false")

    assert not mending.started(Settings).features.admin


@pytest.mark.mends("configuration/unknown.py:not_a_setting")
def test_a_mistyped_variable(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_FEATURES__APMIN", "false")

    fix = mending.refused(Settings).fix
    monkeypatch.delenv("FLASK_FEATURES__APMIN")
    monkeypatch.setenv(fix.removeprefix("rename it to ").partition(",")[0], "false")

    assert not mending.started(Settings).features.admin


@pytest.mark.mends("configuration/unknown.py:not_a_setting[2]")
def test_a_variable_that_is_nothing_known(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_ADMIN__QQQQQQ", "x")

    assert mending.refused(Settings).fix.startswith("remove it")
    monkeypatch.delenv("FLASK_ADMIN__QQQQQQ")

    mending.started(Settings)


@pytest.mark.mends("configuration/variables.py:refuse_second_name")
def test_one_setting_with_two_values(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "one")
    monkeypatch.setenv("FLASK_SECRET_KEY", "two")

    monkeypatch.delenv(mending.refused(Settings).fix.removeprefix("remove "))

    key = mending.started(Settings).secret_key
    assert key is not None
    assert key.get_secret_value() == "one"


@pytest.mark.mends("configuration/variables.py:note_value")
def test_a_list_that_cannot_be_read(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", '["one",')

    fix = mending.refused(Settings).fix
    assert fix == "SECRET_KEY_FALLBACKS=<a list, separated by commas>"
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", '["one", "two"]')
    mending.started(Settings)
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "one,two")

    assert len(mending.started(Settings).secret_key_fallbacks) == 2


@pytest.mark.mends("settings.py:key_fault")
def test_a_key_of_the_configuration_that_a_field_fills(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_CONFIG__SQLALCHEMY_DATABASE_URI", "sqlite:///own.db")

    (name,) = mending.refused(Settings).variables()
    monkeypatch.delenv("FLASK_CONFIG__SQLALCHEMY_DATABASE_URI")
    monkeypatch.setenv(name, "sqlite:///own.db")

    assert mending.started(Settings).database.url is not None
