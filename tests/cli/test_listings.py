"""`flask check`, `settings` and `batteries`: their screens and exit statuses, in the real program."""

import pytest
from projects import GOOD_KEY, SAFE, Project, program

DEVELOPMENT = {"FLASK_ENVIRONMENT": "development"}
PASSWORD = "hunter2-correct-horse"


def test_check_of_a_sound_application_finds_nothing_and_exits_0(project: Project) -> None:
    run = project.flask("--app", "shop", "check", env=SAFE)

    assert (run.status, run.out) == (0, "No problems.\n")


def test_check_deploy_asks_in_development_what_production_will_ask(project: Project) -> None:
    run = project.flask("--app", "shop", "check", "--deploy", env=DEVELOPMENT)

    assert run.status == 1
    assert "error    settings.E001: SECRET_KEY is not set" in run.out
    assert "error    settings.E004: PUBLIC_URL is not set" in run.out
    assert project.flask("--app", "shop", "check", env=DEVELOPMENT).status == 0


def test_check_deploy_has_nothing_against_settings_that_production_starts_with(project: Project) -> None:
    run = project.flask("--app", "shop", "check", "--deploy", env=SAFE)

    assert run.status == 0
    assert "settings." not in run.out


@pytest.mark.parametrize(("level", "status"), [("error", 0), ("warning", 1), ("info", 1)])
def test_the_fail_level_decides_the_status(project: Project, level: str, status: int) -> None:
    run = project.flask("--app", "shop", "check", "--fail-level", level, env=SAFE | {"FLASK_COLOUR": "red"})

    assert run.status == status
    assert "settings.W001: FLASK_COLOUR (environment) is neither a setting nor an option of a command." in run.out
    assert "1 warning" in run.out


def test_a_silenced_warning_is_not_heard(project: Project) -> None:
    env = SAFE | {"FLASK_COLOUR": "red", "FLASK_CHECKS_SILENCED": "settings.W001"}

    assert project.flask("--app", "shop", "check", "--fail-level", "info", env=env).out == "No problems.\n"


def test_an_error_cannot_be_silenced(project: Project) -> None:
    env = DEVELOPMENT | {"FLASK_CHECKS_SILENCED": "settings.E001,settings.E004"}

    assert "settings.E001" in project.flask("--app", "shop", "check", "--deploy", env=env).out


def test_check_as_json_has_id_level_text_and_fix(project: Project) -> None:
    run = project.flask("--app", "shop", "check", "--json", env=SAFE | {"FLASK_COLOUR": "red"})

    (problem,) = run.json()["problems"]
    assert set(problem) == {"id", "level", "text", "fix"}
    assert (problem["id"], problem["level"]) == ("settings.W001", "warning")


@pytest.mark.parametrize(
    ("variable", "instead"),
    [
        ("FLASK_SQLALCHEMY_ECHO", "set FLASK_DATABASE__ECHO"),
        ("FLASK_MAX_COOKIE_SIZE", "set FLASK_CONFIG__MAX_COOKIE_SIZE"),
    ],
)
def test_a_key_of_the_configuration_written_flasks_way_is_told_its_name_here(
    project: Project, variable: str, instead: str
) -> None:
    run = project.flask("--app", "shop", "check", env=SAFE | {variable: "1"})

    assert f"settings.W001: {variable} (environment)" in run.out
    assert instead in run.out


def test_an_option_of_any_command_is_no_odd_variable(project: Project) -> None:
    project.write(
        "shop.py",
        (project.folder / "shop.py").read_text() + "\n\n@app.cli.command('ship-it')\ndef ship_it():\n    'Ship.'\n",
    )
    env = SAFE | {"FLASK_SHIP_IT_FAST": "1", "FLASK_RUN_PORT": "5001", "FLASK_UP_PORT": "5002", "FLASK_APP": "shop"}

    run = project.flask("check", "--fail-level", "info", env=env)

    assert (run.status, run.out) == (0, "No problems.\n")


def test_a_check_that_fails_is_named_and_hides_no_other(project: Project) -> None:
    project.write(
        "shop.py",
        "from demijohn import Battery, Settings, create_app\n"
        "from demijohn.contributions import Check, Problem\n"
        "from demijohn.section import Section\n\n\n"
        "def broken(app):\n    raise ZeroDivisionError('the password is hunter2')\n\n\n"
        "def working(app):\n    return [Problem(id='own.W001', level='warning', text='Odd.', fix='Even it.')]\n\n\n"
        "checks = (Check(name='broken', run=broken, deploy=True), Check(name='working', run=working, deploy=True))\n"
        "own = Battery(name='own', section=Section, init=lambda app, section: None, checks=checks)\n"
        "app = create_app(__name__, Settings(features={'database': False}), batteries=[own])\n",
    )

    run = project.flask("--app", "shop", "check", "--deploy", env=SAFE)

    assert run.status == 1
    assert "checks.E001: the check 'broken' of 'own' failed with ZeroDivisionError (shop.py:7)." in run.out
    assert "own.W001: Odd." in run.out
    assert "hunter2" not in run.text


@pytest.mark.parametrize("command", ["check", "settings", "batteries"])
def test_settings_that_cannot_start_are_a_screen_and_status_2(project: Project, command: str) -> None:
    project.write("shop.py", "from demijohn import create_app\n\napp = create_app(__name__)\n")

    run = project.flask("--app", "shop", command, env={"FLASK_ADMIN__PAGE_SIZE": "many"})

    assert run.status == 2
    assert "FLASK_ADMIN__PAGE_SIZE (environment): input should be a valid integer" in run.err
    assert "SECRET_KEY is not set" in run.err
    assert "Traceback" not in run.text
    assert "Usage" not in run.text


def test_settings_are_shown_though_there_is_no_application(project: Project) -> None:
    project.write(".env", "FLASK_NAME=corks\n")

    run = project.flask("settings", "--origin", env=SAFE)

    assert run.status == 2
    assert "FLASK_NAME (.env:1)" in run.out
    assert "Could not locate a Flask application" in run.err


def test_check_says_what_is_wrong_with_the_settings_though_there_is_no_application(project: Project) -> None:
    run = project.flask("--app", "nowhere", "check", env={"PUBLIC_URL": "https://shop.example.org"})

    assert run.status == 2
    assert "SECRET_KEY is not set" in run.out
    assert "nowhere" in run.err


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("1/0\n", "shop cannot be loaded: ZeroDivisionError: division by zero (shop.py:1)"),
        ("x = (\n", "shop cannot be loaded: SyntaxError: '(' was never closed (shop.py, line 1) (shop.py:1)"),
        ("import absent_library\n", "cannot be imported: ModuleNotFoundError: No module named 'absent_library'"),
        ("from flask import Flask\napp = Flask(__name__)\n", "'shop' is a plain Flask application."),
    ],
    ids=["raises", "does not parse", "imports what is absent", "plain"],
)
@pytest.mark.parametrize("command", ["check", "settings", "batteries", "up"])
def test_an_application_that_cannot_be_loaded_is_told_in_one_line(
    project: Project, command: str, code: str, told: str
) -> None:
    project.write("shop.py", code)

    run = project.flask("--app", "shop", command, env=DEVELOPMENT)

    assert run.status == 2
    assert told in run.err
    assert "Traceback" not in run.text


def test_settings_shows_values_and_who_said_them_and_masks_secrets(project: Project) -> None:
    project.write(".env", f"\nDATABASE_URL=postgresql://ada:{PASSWORD}@127.0.0.1/shop\nFLASK_NAME=Corks & Co\n")

    run = project.flask("--app", "shop", "settings", "--origin", env=SAFE)

    lines = {line.split()[0]: line.split(None, 1)[1] for line in run.out.splitlines()}
    assert lines["database.url"].split() == ["********", "DATABASE_URL", "(.env:2)"]
    assert lines["secret_key"].split() == ["********", "SECRET_KEY", "(environment)"]
    assert lines["name"].endswith("FLASK_NAME (.env:3)")
    assert lines["admin.page_size"].endswith("default")
    assert lines["features.database"].endswith("argument")
    assert PASSWORD not in run.text
    assert GOOD_KEY not in run.text


def test_secrets_among_passed_through_keys_are_masked_by_name_and_by_form(project: Project) -> None:
    env = SAFE | {
        "FLASK_CONFIG__BANK_TOKEN": PASSWORD,
        "FLASK_CONFIG__CELERY": f'{{"broker": "redis://:{PASSWORD}@127.0.0.1"}}',
        "FLASK_CONFIG__GREETING": "hello",
        "FLASK_DATABASE__BINDS__ARCHIVE": f"postgresql://ada:{PASSWORD}@127.0.0.1/archive",
    }

    for options in (["--origin"], ["--env"], ["--json"]):
        run = project.flask("--app", "shop", "settings", *options, env=env)
        assert (run.status, PASSWORD in run.text) == (0, False)

    rows = {row["setting"]: (row["variable"], row["value"]) for row in run.json()}
    assert rows["config.GREETING"] == ("FLASK_CONFIG__GREETING", "hello")
    assert rows["config.BANK_TOKEN"] == ("FLASK_CONFIG__BANK_TOKEN", "********")
    assert rows["database.binds.archive"] == ("FLASK_DATABASE__BINDS__ARCHIVE", "********")


def test_settings_as_a_dotenv_file_start_the_same_application(project: Project) -> None:
    env = SAFE | {"FLASK_NAME": 'Corks\' "best" # $HOME', "FLASK_CHECKS_SILENCED": "a.W001,b.W001"}
    printed = project.flask("--app", "shop", "settings", "--env", env=env)
    project.write(".env", printed.out)

    run = project.flask("--app", "shop", "settings", "--json", env={"SECRET_KEY": GOOD_KEY})

    rows = {row["setting"]: row for row in run.json()}
    assert "# SECRET_KEY=  (secret, not shown)" in printed.out
    assert rows["name"]["value"] == env["FLASK_NAME"]
    assert rows["name"]["origin"].startswith("FLASK_NAME (.env:")
    assert rows["checks_silenced"]["value"] == "a.W001,b.W001"
    assert GOOD_KEY not in run.text


def test_batteries_say_why_they_are_on_or_off_and_what_they_registered(project: Project) -> None:
    project.write("shop.py", "from demijohn import create_app\n\napp = create_app(__name__)\n")
    env = SAFE | {"FLASK_FEATURES__MAIL": "false", "FLASK_FEATURES__ADMIN": "true"}

    run = project.flask("--app", "shop", "batteries", "--json", env=env)

    found = {one["name"]: one for one in run.json()}
    assert found["mail"] == {
        "name": "mail", "on": False, "why": "off by FLASK_FEATURES__MAIL (environment)",
    }  # fmt: skip
    assert found["admin"]["why"] == "on by FLASK_FEATURES__ADMIN (environment)"
    assert found["auth"]["why"] == "on by default"
    assert "auth" in found["auth"]["blueprints"]
    assert "user" in found["auth"]["tables"]
    assert "/auth/login" in found["auth"]["routes"]
    assert found["auth"]["start_ms"] > 0


def test_batteries_that_go_off_with_what_they_need_say_so(project: Project) -> None:
    run = project.flask("--app", "shop", "batteries", env=SAFE)

    assert "off: needs database, off by argument" in run.out


def test_the_commands_are_there_without_an_application_and_import_click_alone(project: Project) -> None:
    code = (
        "import sys, demijohn.cli.commands\n"
        "print({'flask', 'pydantic', 'sqlalchemy', 'demijohn.settings'} & set(sys.modules))\n"
    )

    assert project.python(code).out.strip() == "set()"
    assert all(name in project.flask("--help").out for name in ("up ", "check ", "settings ", "batteries "))


def test_the_demijohn_program_has_flasks_commands_and_new(project: Project) -> None:
    run = project.run(program("demijohn"), "--app", "shop", "--help", env=SAFE)

    assert run.status == 0
    assert all(f"  {name} " in run.out for name in ("new", "up", "run", "routes", "shell", "check"))
