"""The same values under `flask`, under a server and in a test: which files count, whoever loaded them."""

import json
from pathlib import Path

from projects import SAFE, Project

SHOW = "import json, shop; s = shop.app.extensions['demijohn'].settings; print(json.dumps([s.name, s.origin('name')]))"


def under_flask(project: Project, env: dict[str, str], within: Path | None = None, app: str = "shop") -> list[str]:
    run = project.flask("--app", app, "settings", "--json", env=env, within=within)
    assert run.status == 0, run.err
    return next([row["value"], row["origin"]] for row in json.loads(run.out) if row["setting"] == "name")


def under_python(project: Project, env: dict[str, str]) -> list[str]:
    run = project.python(SHOW, env=env)
    assert run.status == 0, run.err
    found: list[str] = json.loads(run.out)
    return found


def test_the_file_beside_the_application_counts_the_same_for_flask_and_for_a_server(project: Project) -> None:
    project.write(".env", "\nFLASK_NAME=beside\n")

    assert under_flask(project, SAFE) == ["beside", "FLASK_NAME (.env:2)"]
    assert under_python(project, SAFE) == ["beside", "FLASK_NAME (.env:2)"]


def test_a_parent_folders_file_counts_nowhere_though_flask_loads_it(project: Project) -> None:
    (project.folder.parent / ".env").write_text("FLASK_NAME=parent\n")

    assert under_flask(project, SAFE) == ["", "default"]
    assert under_python(project, SAFE) == ["", "default"]


def test_the_check_says_that_a_parent_folders_value_is_not_used(project: Project) -> None:
    (project.folder.parent / ".env").write_text("FLASK_NAME=parent\n")

    run = project.flask("--app", "shop", "check", env=SAFE)

    assert f"settings.W002: FLASK_NAME from {project.folder.parent}/.env is not used" in run.out


def test_what_is_exported_counts_though_a_parent_folders_file_says_the_same(project: Project) -> None:
    (project.folder.parent / ".env").write_text("FLASK_NAME=same\n")

    assert under_flask(project, SAFE | {"FLASK_NAME": "same"}) == ["same", "FLASK_NAME (environment)"]


def test_the_environment_wins_over_the_file_everywhere(project: Project) -> None:
    project.write(".env", "FLASK_NAME=beside\n")
    env = SAFE | {"FLASK_NAME": "exported"}

    assert under_flask(project, env) == under_python(project, env) == ["exported", "FLASK_NAME (environment)"]


def test_a_flaskenv_does_not_set_settings_because_only_flask_reads_it(project: Project) -> None:
    project.write(".flaskenv", "FLASK_NAME=flaskenv\nFLASK_APP=shop\n")

    assert under_flask(project, SAFE) == under_python(project, SAFE) == ["", "default"]
    assert ".flaskenv is not used" in project.flask("check", env=SAFE).out


def test_a_file_named_on_the_command_line_counts_as_the_environment(project: Project) -> None:
    given = project.write("given.env", "FLASK_NAME=given\n")

    run = project.flask("-e", str(given), "--app", "shop", "settings", "--json", env=SAFE)

    rows = {row["setting"]: row for row in json.loads(run.out)}
    assert (rows["name"]["value"], rows["name"]["origin"]) == ("given", "FLASK_NAME (environment)")


def test_the_file_is_found_beside_the_application_from_any_working_folder(project: Project, tmp_path: Path) -> None:
    project.write(".env", "FLASK_NAME=beside\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".env").write_text("FLASK_NAME=elsewhere\n")

    found = under_flask(project, SAFE, within=elsewhere, app=str(project.folder / "shop.py"))

    assert found == ["beside", "FLASK_NAME (.env:1)"]


def test_for_a_package_it_is_the_folder_that_contains_it(project: Project) -> None:
    project.write("depot/__init__.py", "")
    project.write("depot/web/__init__.py", "")
    project.write("depot/web/site.py", (project.folder / "shop.py").read_text())
    project.write("depot/.env", "FLASK_NAME=inside\n")
    project.write(".env", "FLASK_NAME=beside\n")

    assert under_flask(project, SAFE, app="depot.web.site") == ["beside", "FLASK_NAME (.env:1)"]


def test_the_reloaders_child_tells_files_apart_as_its_parent_does(project: Project) -> None:
    (project.folder.parent / ".env").write_text("FLASK_NAME=parent\n")
    project.write("child.py", f"import os\nos.environ['WERKZEUG_RUN_MAIN'] = 'true'\n{SHOW}\n")
    parent = (
        "import os, subprocess, sys\n"
        "from flask.cli import load_dotenv\n"
        "os.environ['FLASK_RUN_FROM_CLI'] = 'true'\n"
        "load_dotenv()\n"
        "assert os.environ['FLASK_NAME'] == 'parent'\n"
        "subprocess.run([sys.executable, 'child.py'], check=True)\n"
    )

    run = project.python(parent, env=SAFE)

    assert json.loads(run.out) == ["", "default"]


def test_a_test_run_with_the_environment_testing_does_not_see_the_file_even_under_flask(project: Project) -> None:
    project.write(".env", "FLASK_NAME=developers\n")
    env = {"FLASK_ENVIRONMENT": "testing"}

    assert under_flask(project, env) == under_python(project, env) == ["", "default"]


def test_settings_passed_to_create_app_are_completed_by_the_file_beside_it(project: Project) -> None:
    project.write(".env", "FLASK_NAME=beside\nFLASK_ADMIN__PAGE_SIZE=40\n")
    project.write(
        "shop.py",
        "from demijohn import Settings, create_app\n\n"
        "app = create_app(__name__, Settings(features={'database': False}, name='argument'))\n",
    )

    run = project.flask("--app", "shop", "settings", "--json", env=SAFE)

    rows = {row["setting"]: (row["value"], row["origin"]) for row in json.loads(run.out)}
    assert rows["name"] == ("argument", "argument")
    assert rows["admin.page_size"] == ("40", "FLASK_ADMIN__PAGE_SIZE (.env:2)")
