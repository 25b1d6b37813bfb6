"""Where values come from, under which names, and which of them wins."""

from pathlib import Path

import pytest

from demijohn import Settings, SetupError
from demijohn.settings import Features

pytestmark = pytest.mark.usefixtures("clean_environment")


def beside(folder: Path, dotenv: str = "", **values: object) -> Settings:
    folder.mkdir(exist_ok=True)
    if dotenv:
        (folder / ".env").write_text(dotenv)
    return Settings(_folder=folder, **values)


def test_a_field_of_a_section_is_set_by_two_underscores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_ADMIN__PAGE_SIZE", "50")

    assert Settings().admin.page_size == 50


def test_arguments_win_over_the_environment_and_the_environment_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLASK_NAME", "environment")
    dotenv = "FLASK_NAME=file\nFLASK_ADMIN__PAGE_SIZE=30\nFLASK_SECURITY__PROXIES=1\n"

    settings = beside(tmp_path, dotenv, admin={"page_size": 40})

    assert (settings.name, settings.admin.page_size, settings.security.proxies) == ("environment", 40, 1)
    assert settings.origin("name") == "FLASK_NAME (environment)"
    assert settings.origin("admin.page_size") == "argument"
    assert settings.origin("security.proxies") == "FLASK_SECURITY__PROXIES (.env:3)"
    assert settings.origin("public_url") == "default"


def test_a_section_given_as_an_instance_says_only_what_was_set_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_FEATURES__MAIL", "false")

    settings = Settings(features=Features(admin=False))

    assert (settings.features.admin, settings.features.mail) == (False, False)
    assert settings.is_explicit("features.mail")
    assert not settings.is_explicit("features.audit")


@pytest.mark.parametrize(
    ("dotenv", "line"),
    [
        ("\ufeffFLASK_NAME=x", 1),
        ("FLASK_NAME=x", 1),
        ("\n\n# a comment\n\nFLASK_NAME='x'", 5),
        ("export FLASK_NAME=x", 1),
        ("A='\n\n'\nFLASK_NAME=x", 4),
    ],
    ids=["with a byte order mark", "first", "after empty lines", "exported", "after a value of three lines"],
)
def test_a_value_in_the_file_is_reported_with_its_line(tmp_path: Path, dotenv: str, line: int) -> None:
    assert beside(tmp_path, dotenv).origin("name") == f"FLASK_NAME (.env:{line})"


def test_a_value_in_both_the_environment_and_the_file_is_reported_from_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLASK_NAME", "same")

    assert beside(tmp_path, "FLASK_NAME=same").origin("name") == "FLASK_NAME (.env:1)"


def test_a_line_that_says_nothing_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"\.env:2 is not NAME=value\. Fix: correct or remove line 2 of .*\.env"):
        beside(tmp_path, "FLASK_NAME=x\n=oops\n")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"FLASK_NAME=\xff\xfe")

    with pytest.raises(SetupError, match="is not UTF-8"):
        Settings(_folder=tmp_path)


def test_an_empty_variable_is_the_same_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("FLASK_NAME", "")

    settings = beside(tmp_path, "FLASK_NAME=file")

    assert not settings.is_explicit("database.url")
    assert settings.name == "file"


def test_platform_names_fill_their_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "k1")
    monkeypatch.setenv("SECRET_KEY_FALLBACKS", "k2, k3")
    monkeypatch.setenv("PUBLIC_URL", "https://shop.example.org/")

    settings = Settings()

    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == "k1"
    assert [key.get_secret_value() for key in settings.secret_key_fallbacks] == ["k2", "k3"]
    assert settings.public_url == "https://shop.example.org"


def test_two_names_of_one_field_must_say_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2-in-the-environment")

    with pytest.raises(SetupError) as caught:
        beside(tmp_path, "\nFLASK_SECRET_KEY=hunter2-in-the-file\n")

    assert caught.value.problem == (
        "SECRET_KEY (environment) and FLASK_SECRET_KEY (.env:2) are one setting with two values."
    )
    assert caught.value.fix == "remove FLASK_SECRET_KEY"
    assert "hunter2" not in str(caught.value)


def test_two_names_with_the_same_value_are_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "same")
    monkeypatch.setenv("FLASK_SECRET_KEY", "same")

    assert Settings().secret_key is not None


def test_secret_files_come_after_the_file_beside_the_application(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "secret_key").write_text("from-a-file\n")
    (secrets / "flask_name").write_text("from-a-file\n")
    (secrets / "unrelated").write_bytes(b"\xff")
    monkeypatch.setenv("FLASK_SECRETS_DIR", str(secrets))

    settings = beside(tmp_path, "FLASK_NAME=file")

    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == "from-a-file"
    assert settings.origin("secret_key") == f"SECRET_KEY ({secrets}/secret_key)"
    assert settings.name == "file"


def test_an_absent_folder_of_secrets_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLASK_SECRETS_DIR", str(tmp_path / "nowhere"))

    with pytest.raises(SetupError, match="nowhere is not a folder it can read"):
        Settings()


def test_a_test_does_not_read_the_developers_file(tmp_path: Path) -> None:
    settings = beside(tmp_path, "DATABASE_URL=postgresql://real/data\nFLASK_NAME=x\n", environment="testing")

    assert not settings.is_explicit("database.url")
    assert settings.name == ""


def test_a_list_is_separated_by_commas_or_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_CHECKS_SILENCED", "a.W001, b.W002,")
    assert Settings().checks_silenced == ["a.W001", "b.W002"]

    monkeypatch.setenv("FLASK_CHECKS_SILENCED", '["a,b"]')
    assert Settings().checks_silenced == ["a,b"]


def test_text_that_looks_like_json_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_NAME", "[shop]")

    assert Settings().name == "[shop]"
