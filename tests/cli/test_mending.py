"""Commands that cannot go on: each refusal, its fix typed as it is written, and the start that follows."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from projects import GOOD_KEY, Project, program
from serving import free_port, serving
from setup_faults import Mending

DEVELOPMENT = {"FLASK_ENVIRONMENT": "development"}
BY_ITSELF = "from demijohn import create_app\n\napp = create_app(__name__)\n"


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("shop.py", BY_ITSELF)
    return project


def up(shop: Project, *options: str, env: dict[str, str] | None = None) -> None:
    """Serve once and stop."""
    with serving(shop, "--no-input", *options, env=env):
        pass


def refused_up(shop: Project, *options: str, env: dict[str, str] | None = None) -> object:
    return shop.flask("--app", "shop", "up", "--no-input", *options, env=env)


@pytest.mark.mends("cli/up.py:refuse_unless_development")
def test_up_in_production(mending: Mending, shop: Project) -> None:
    env = {"FLASK_ENVIRONMENT": "production"}

    said = mending.refused(lambda: refused_up(shop, env=env)).variables()

    mending.started(lambda: up(shop, env=env | said))


@pytest.mark.mends("cli/up.py:write_environment")
def test_up_where_the_file_cannot_be_written(mending: Mending, shop: Project) -> None:
    (shop.folder / ".env").symlink_to(shop.folder / "gone" / ".env")

    name, _, value = mending.refused(lambda: refused_up(shop)).fix.removeprefix("export ").partition("=")

    mending.started(lambda: up(shop, env={name: value}))


@pytest.mark.mends("cli/up.py:free_port")
def test_up_at_a_taken_port(mending: Mending, shop: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        fix = mending.refused(lambda: refused_up(shop, "--port", port)).fix
        option = fix.partition("flask up ")[2].partition(",")[0].replace("<another>", str(free_port()))

        mending.started(lambda: up(shop, *option.split()))


@pytest.mark.mends("cli/up.py:is_free")
def test_up_at_a_port_that_needs_rights(mending: Mending, tmp_path: Path) -> None:
    """Asked by a process without that one right where the tests run as root: others may not read their folder."""
    code = "import sys; from demijohn.cli.up import free_port; free_port('127.0.0.1', int(sys.argv[1]))"
    drop = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
    as_others = drop if os.geteuid() == 0 else []
    del tmp_path

    def ask(port: str) -> subprocess.CompletedProcess[str]:
        command = [*as_others, sys.executable, "-c", code, port]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    fix = mending.refused(lambda: ask("80")).fix

    assert re.fullmatch(r"flask up --port 5000", fix)
    mending.started(lambda: ask(str(free_port())))


@pytest.mark.mends("cli/up.py:is_free[2]")
def test_up_at_another_machines_address(mending: Mending, shop: Project) -> None:
    fix = mending.refused(lambda: refused_up(shop, "--host", "192.0.2.7")).fix

    mending.started(lambda: up(shop, *fix.removeprefix("flask up ").split()))


@pytest.mark.mends("cli/prepare_database.py:refuse_remote_database")
def test_up_with_a_database_elsewhere(mending: Mending, shop: Project) -> None:
    env = {"DATABASE_URL": "postgres://ada:hunter2@db.example.org/shop"}

    said = mending.refused(lambda: refused_up(shop, env=env)).variables()

    mending.started(lambda: up(shop, env=env | said))


@pytest.mark.mends("cli/loading.py:load_application")
def test_a_plain_flask_application(mending: Mending, project: Project) -> None:
    project.write("shop.py", "from flask import Flask\napp = Flask(__name__)\n")

    fix = mending.refused(lambda: project.flask("--app", "shop", "check", env=DEVELOPMENT)).fix
    project.write("shop.py", f"import demijohn\n{fix}\n")

    mending.started(lambda: project.flask("--app", "shop", "check", env=DEVELOPMENT))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("import absent_library\n", marks=pytest.mark.mends("cli/loading.py:short")),
        pytest.param("1/0\n", marks=pytest.mark.mends("cli/loading.py:import_fault")),
    ],
    ids=["absent library", "error"],
)
def test_a_module_that_cannot_be_loaded(mending: Mending, shop: Project, wrong: str) -> None:
    shop.write("shop.py", wrong + BY_ITSELF)

    fix = mending.refused(lambda: shop.flask("--app", "shop", "check", env=DEVELOPMENT)).fix
    name, *arguments = shlex.split(fix.partition("traceback: ")[2])
    whole = shop.run(shutil.which(program(name)) or name, *arguments, env=DEVELOPMENT)

    assert fix.startswith("correct it")
    assert 'shop.py", line 1' in whole.err
    shop.write("shop.py", BY_ITSELF)
    mending.started(lambda: shop.flask("--app", "shop", "check", env=DEVELOPMENT | {"SECRET_KEY": GOOD_KEY}))
