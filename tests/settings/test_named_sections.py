"""Sections under names of the project's own (`auth.oidc.<name>`): read, refused, listed and hidden like any other."""

from pathlib import Path

import pytest

from demijohn import Settings, SetupError
from demijohn.configuration.fields import shown

pytestmark = pytest.mark.usefixtures("clean_environment")
HEAD = "FLASK_AUTH__OIDC__"
SECRET = "hunter2-correct-horse-battery"


def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SetupError) as caught:
        Settings()
    return str(caught.value)


def say(monkeypatch: pytest.MonkeyPatch, name: str, **more: str) -> None:
    fields = {"ISSUER": f"https://{name.lower()}.example", "CLIENT_ID": "shop", "CLIENT_SECRET": SECRET, **more}
    for field, value in fields.items():
        monkeypatch.setenv(f"{HEAD}{name}__{field}", value)


def test_several_are_told_apart_and_each_value_says_where_it_is_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    say(monkeypatch, "MAIN")
    (tmp_path / ".env").write_text(f"{HEAD}OTHER__ISSUER=https://o.example\n{HEAD}OTHER__CLIENT_ID=x\n")

    settings = Settings(_folder=tmp_path)

    assert {name: one.issuer for name, one in settings.auth.oidc.items()} == {
        "main": "https://main.example",
        "other": "https://o.example",
    }
    assert settings.origin("auth.oidc.main.issuer") == f"{HEAD}MAIN__ISSUER (environment)"
    assert settings.origin("auth.oidc.other.issuer") == f"{HEAD}OTHER__ISSUER (.env:1)"
    assert settings.origin("auth.oidc.other.label") == "default"


def test_a_secret_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, "MAIN")

    listed = {setting.path: shown(setting, value) for setting, value in Settings().listed()}

    assert listed["auth.oidc.main.client_id"] == "shop"
    assert listed["auth.oidc.main.client_secret"] == "********"
    assert SECRET not in repr(Settings())


def test_an_argument_wins_over_a_variable_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, "MAIN", LABEL="From outside")

    settings = Settings(auth={"oidc": {"main": {"client_id": "own"}}})

    assert (settings.auth.oidc["main"].client_id, settings.auth.oidc["main"].label) == ("own", "From outside")


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        (f"{HEAD}MAIN__ISUER", f"did you mean {HEAD}MAIN__ISSUER?"),
        (f"{HEAD}MAIN", f"set its fields: {HEAD}MAIN__<FIELD>="),
        ("FLASK_AUTH__OIDC", f"set its fields: {HEAD}<FIELD>="),
        ("FLASK_AUTH__ODIC__MAIN__ISSUER", f"did you mean {HEAD}MAIN__ISSUER?"),
    ],
    ids=["field", "section", "holder", "holder misspelt"],
)
def test_a_wrong_name_is_refused_with_the_right_one(monkeypatch: pytest.MonkeyPatch, variable: str, told: str) -> None:
    say(monkeypatch, "MAIN")

    assert told in refused(monkeypatch, **{variable: "x"})


def test_what_has_to_be_said_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    text = refused(monkeypatch, **{f"{HEAD}MAIN__LABEL": "Main"})

    assert f"{HEAD}MAIN__ISSUER is not set" in text
    assert f"{HEAD}MAIN__CLIENT_ID is not set" in text


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("ISSUER", "http://login.example.com", "must begin with https://"),
        ("ISSUER", "https://ada:hunter2@login.example.com", "without name, password or #"),
        ("ALLOWED_DOMAINS", "*.example.com", "no star"),
        ("ROLES", "Sales=seller", "is not valid JSON"),
        ("TRUSTS_SECOND_FACTOR", "yes", "never"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str, told: str
) -> None:
    say(monkeypatch, "MAIN")

    text = refused(monkeypatch, **{f"{HEAD}MAIN__{field}": value})

    assert f"{HEAD}MAIN__{field}" in text
    assert told in text
    assert "hunter2" not in text


def test_a_name_that_cannot_be_part_of_an_address_is_refused() -> None:
    with pytest.raises(SetupError, match="can't be a provider's name"):
        Settings(auth={"oidc": {"Main Street": {"issuer": "https://x.example", "client_id": "x"}}})


def test_an_empty_variable_names_no_section(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{HEAD}MAIN__ISSUER", "")

    assert Settings().auth.oidc == {}
