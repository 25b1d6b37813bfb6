"""Wrong, unknown and doubly filled settings: each named with place and fix, all at once, no secret shown."""

import pytest
from projects import SAFE, Project

from demijohn import Settings, SetupError
from demijohn.section import Section

pytestmark = pytest.mark.usefixtures("clean_environment")
SECRET = "hunter2-correct-horse-battery"


def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> SetupError:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SetupError) as caught:
        Settings()
    return caught.value


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("FLASK_FEATURES__APMIN", "FLASK_FEATURES__ADMIN"),
        ("FLASK_DATABASE__POOLSIZE", "FLASK_DATABASE__POOL_SIZE"),
        ("FLASK_ENVIROMENT", "FLASK_ENVIRONMENT"),
        ("FLASK_SECRETKEY", "FLASK_SECRET_KEY"),
        ("FLASK_PUBLIC_URLS", "FLASK_PUBLIC_URL"),
        ("FLASK_DATABSE__URL", "FLASK_DATABASE__URL"),
        ("FLASK_DATABASE_URL", "FLASK_DATABASE__URL"),
    ],
)
def test_a_mistyped_name_is_refused_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, variable: str, near: str
) -> None:
    error = refused(monkeypatch, **{variable: "x"})

    assert error.problem == f"{variable} (environment) is not a setting; did you mean {near}?"
    assert error.fix == f"rename it to {near}, or remove it."


def test_an_unknown_name_in_a_section_is_refused_though_nothing_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(monkeypatch, FLASK_ADMIN__QQQQQQ="x")

    assert error.problem == "FLASK_ADMIN__QQQQQQ (environment) is not a setting."
    assert "flask settings" in error.fix


def test_a_section_is_not_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "FLASK_FEATURES__<FIELD>=" in refused(monkeypatch, FLASK_FEATURES='{"admin": false}').fix


@pytest.mark.parametrize(
    "variable",
    [
        "FLASK_APP", "FLASK_ENV", "FLASK_SKIP_DOTENV", "FLASK_RUN_PORT", "FLASK_RUN_FROM_CLI", "FLASK_UP_PORT",
        "FLASK_USER_CREATE_ROLE", "FLASK_DB_UPGRADE_SQL", "FLASK_MAIL_TEST_TO", "FLASK_AUDIT_VERIFY_JSON",
        "FLASK_SHELL_X", "FLASK_SOMETHING_ELSE",
    ],
)  # fmt: skip
def test_flasks_own_names_and_options_of_commands_are_never_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "0")

    assert Settings().environment == "production"


@pytest.mark.parametrize(
    ("variable", "value", "told", "fix"),
    [
        ("FLASK_ADMIN__PAGE_SIZE", "many", "should be a valid integer", "a whole number, at least 1, at most 500"),
        ("FLASK_ADMIN__PAGE_SIZE", "0", "should be greater than or equal to 1", "at least 1"),
        ("FLASK_FEATURES__ADMIN", "perhaps", "should be a valid boolean", "true or false"),
        ("FLASK_ENVIRONMENT", "prod", "should be 'development', 'testing' or 'production'", "one of development"),
        ("PUBLIC_URL", "shop.example.org", "must start with https://", "text"),
        ("PUBLIC_URL", "https://ada:pw@shop.example.org", "must not hold a user or password", "text"),
        ("PUBLIC_URL", "https://shop.example.org/?a=1", "must not have a query", "text"),
        ("SECRET_KEY_FALLBACKS", "[1,", "is not valid JSON", "a list"),
        ("FLASK_DATABASE__BINDS", "x", "is not valid JSON", "one variable per key, or JSON"),
        ("FLASK_DATABASE__BINDS", "[]", "is not a JSON object", "one variable per key, or JSON"),
    ],
)
def test_a_wrong_value_names_variable_source_problem_and_fix_on_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str, fix: str
) -> None:
    error = refused(monkeypatch, **{variable: value})

    assert error.problem.startswith(f"{variable} (environment): ")
    assert told in error.problem
    assert error.fix.startswith(f"{variable}=<")
    assert fix in error.fix
    assert len(str(error).splitlines()) == 1


def test_all_problems_are_told_at_once_with_what_a_start_demands(project: Project) -> None:
    project.write("shop.py", "from demijohn import create_app\n\napp = create_app(__name__)\n")
    project.write(".env", "FLASK_ADMIN__PAGE_SIZE=many\nFLASK_FEATURES__APMIN=false\nFLASK_CONFIG__DEBUG=1\n")

    run = project.flask("--app", "shop", "check", env={"FLASK_SECURITY__PROXIES": "-1", "SECRET_KEY": "short"})

    lines = run.err.splitlines()
    assert run.status == 2
    assert lines[0] == "Error: 6 things are wrong:"
    for part in (
        "FLASK_FEATURES__APMIN (.env:2) is not a setting; did you mean FLASK_FEATURES__ADMIN?",
        "FLASK_ADMIN__PAGE_SIZE (.env:1): input should be a valid integer",
        "FLASK_SECURITY__PROXIES (environment): input should be greater than or equal to 0",
        "FLASK_CONFIG__DEBUG (.env:3): DEBUG is filled by FLASK_ENVIRONMENT.",
        "SECRET_KEY (environment): the secret key is shorter than 32 bytes.",
        "PUBLIC_URL is not set",
    ):
        (line,) = [line for line in lines if part in line]
        assert " Fix: " in line


def test_a_wrong_address_is_not_reported_as_missing_as_well(project: Project) -> None:
    project.write("shop.py", "from demijohn import create_app\n\napp = create_app(__name__)\n")

    run = project.flask("--app", "shop", "check", env=SAFE | {"PUBLIC_URL": "shop.example.org"})

    assert run.err.count("PUBLIC_URL") == 2  # the problem and the fix
    assert "is not set" not in run.err


@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": f"mysql://ada:{SECRET}@db/shop"},
        {"DATABASE_URL": SECRET},
        {"DATABASE_URL": f"{SECRET}://x"},
        {"FLASK_DATABASE__BINDS": f'{{"other": "{SECRET}"}}'},
        {"FLASK_DATABASE__BINDS": f'{{"other": "{SECRET}"'},
        {"SECRET_KEY_FALLBACKS": f'["{SECRET}", 1'},
        {"SECRET_KEY_FALLBACKS": f'["{SECRET}", 1]'},
        {"SECRET_KEY": SECRET, "FLASK_SECRET_KEY": f"{SECRET}2"},
    ],
    ids=" ".join,
)
def test_no_refusal_shows_a_secret(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    error = refused(monkeypatch, **variables)

    assert SECRET not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_a_validator_that_quotes_a_secret_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    from pydantic import SecretStr, field_validator

    class Careless(Section):
        token: SecretStr | None = None

        @field_validator("token")
        @classmethod
        def check(cls, token: SecretStr | None) -> SecretStr | None:
            if token is not None:
                raise ValueError(f"{token.get_secret_value()[:12]} and {token.get_secret_value()} will not do")
            return token

    class Own(Settings):
        careless: Careless = Careless()

    monkeypatch.setenv("FLASK_CARELESS__TOKEN", SECRET)

    with pytest.raises(SetupError) as caught:
        Own()

    assert SECRET not in str(caught.value)
    assert "FLASK_CARELESS__TOKEN (environment): is not accepted." in str(caught.value)


@pytest.mark.parametrize(
    ("key", "filler"),
    [
        ("SECRET_KEY", "SECRET_KEY"),
        ("SQLALCHEMY_DATABASE_URI", "DATABASE_URL"),
        ("SQLALCHEMY_ENGINE_OPTIONS", "FLASK_DATABASE__POOL_SIZE"),
        ("TESTING", "FLASK_ENVIRONMENT"),
        ("APPLICATION_ROOT", "PUBLIC_URL"),
    ],
)
def test_a_config_key_that_a_field_fills_is_refused_naming_the_field(
    monkeypatch: pytest.MonkeyPatch, key: str, filler: str
) -> None:
    error = refused(monkeypatch, **{f"FLASK_CONFIG__{key}": "x"})

    assert error.problem == f"FLASK_CONFIG__{key} (environment): {key} is filled by {filler}."
    assert f"set {filler}=" in error.fix


def test_a_config_key_that_no_field_fills_passes_through_as_text_or_json(make_app, monkeypatch) -> None:
    monkeypatch.setenv("FLASK_CONFIG__GREETING", "hello")
    monkeypatch.setenv("FLASK_CONFIG__LIMITS", '{"a": 1}')

    app = make_app("bare", features={"database": False}, config={"OWN": True})

    assert (app.config["GREETING"], app.config["LIMITS"], app.config["OWN"]) == ("hello", {"a": 1}, True)


def test_an_unknown_argument_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match=r"secretkey \(argument\) is not a setting\. Fix: did you mean secret_key\?"):
        Settings(secretkey="x")
    with pytest.raises(SetupError, match=r"did you mean admin\.page_size\?"):
        Settings(admin={"page_sise": 10})
    with pytest.raises(SetupError, match=r"admin \(argument\): input should be a valid dictionary"):
        Settings(admin=3)
