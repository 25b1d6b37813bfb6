"""The reference and `.env.example` say what the fields say."""

import re
from pathlib import Path

import pytest

from demijohn import Settings
from demijohn.cli.reference import example_file, main, reference_page
from demijohn.configuration.fields import Setting, kind_of, settings_of

ROOT = Path(__file__).parents[2]
AGAIN = "it is generated: run `python -m demijohn.cli.reference` in the project's folder (or `make docs`)"
EVERY = list(settings_of(Settings))
UNITS = re.compile(
    r"seconds|bytes|KiB|characters|rows|count|hops|times|attempts|number|percent|days|parts|fields|levels|"
    r"proxies|passes|lanes|hashes|depth|connections|port",
    re.IGNORECASE,
)


def path(setting: Setting) -> str:
    return setting.path


def test_the_settings_reference_is_current() -> None:
    assert (ROOT / "docs/reference/settings.md").read_text() == reference_page(), AGAIN


def test_the_example_file_is_current() -> None:
    assert (ROOT / ".env.example").read_text() == example_file(), AGAIN


def test_both_are_written_where_they_are_compared(tmp_path: Path) -> None:
    main(tmp_path)

    assert (tmp_path / "docs/reference/settings.md").read_text() == reference_page()
    assert (tmp_path / ".env.example").read_text() == example_file()


@pytest.mark.parametrize("setting", EVERY, ids=path)
def test_a_setting_says_what_it_is_for(setting: Setting) -> None:
    assert setting.field.description, f"Field(default=…, description=…) of {setting.path}"
    assert setting.field.description.rstrip().endswith((".", ")")), setting.path


@pytest.mark.parametrize(
    "setting", [one for one in EVERY if one.field.annotation in {int, float, int | None, float | None}], ids=path
)
def test_a_number_says_its_unit(setting: Setting) -> None:
    assert UNITS.search(f"{setting.field.description} {setting.path}"), (
        f"in which unit is {setting.path}? say (seconds)"
    )


def test_every_default_in_the_example_file_can_be_taken_as_it_is(
    clean_environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = [line[1:] for line in example_file().splitlines() if re.match(r"#[A-Z_]+=.", line)]
    (tmp_path / ".env").write_text("\n".join(lines))

    settings = Settings(_folder=tmp_path)

    assert len(lines) > 40
    plain = Settings()
    assert settings.admin == plain.admin
    assert settings.security == plain.security


def test_kinds_of_fields_are_told_apart() -> None:
    kinds = [kind_of(one) for one in (str, list[str], dict[str, int], tuple[str, ...] | None, int | None)]

    assert kinds == ["text", "list", "mapping", "list", "text"]
