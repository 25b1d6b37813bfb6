"""What an application may start with: production's demands, each fix applied, and the environment's own rules."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from projects import GOOD_KEY, SAFE, Project
from setup_faults import Mending

from demijohn.configuration.development_key import development_key
from demijohn.configuration.rules import is_loopback, key_problem, url_problem
from demijohn.errors import SetupError

START = "import shop; print(shop.app.extensions['demijohn'].environment, shop.app.debug)"
ENVIRONMENT = {"FLASK_ENVIRONMENT": "development"}


NO_ADDRESS = pytest.mark.mends("configuration/start.py:address_problems")


@pytest.mark.parametrize(
    ("wrong", "told", "fixed"),
    [
        pytest.param(
            {"SECRET_KEY": ""}, "SECRET_KEY is not set", {"SECRET_KEY": GOOD_KEY},
            marks=pytest.mark.mends("configuration/start.py:key_problems"),
        ),
        *(
            pytest.param(
                {"SECRET_KEY": key}, told, {"SECRET_KEY": GOOD_KEY},
                marks=pytest.mark.mends("configuration/start.py:key_problems[2]"),
            )
            for key, told in (
                ("x9" * 15, "shorter than 32 bytes"),
                ("x9" * 20, "repeats too few characters"),
                ("please-change-me-0123456789-abcdefghij", "a placeholder"),
            )
        ),
        pytest.param(
            {"SECRET_KEY_FALLBACKS": f"{GOOD_KEY},dev"}, "key 2 is shorter than 32 bytes",
            {"SECRET_KEY_FALLBACKS": GOOD_KEY}, marks=pytest.mark.mends("configuration/start.py:key_problems[3]"),
        ),
        pytest.param({"PUBLIC_URL": ""}, "is not set", {"PUBLIC_URL": "https://shop.example.org"}, marks=NO_ADDRESS),
        pytest.param({"PUBLIC_URL": ""}, "is not set", {"FLASK_SESSIONS__INSECURE_COOKIE": "true"}, marks=NO_ADDRESS),
        pytest.param(
            {"PUBLIC_URL": "http://shop.lan"}, "is not https", {"FLASK_SESSIONS__INSECURE_COOKIE": "true"},
            marks=pytest.mark.mends("configuration/start.py:address_problems[2]"),
        ),
        pytest.param(
            {"FLASK_ENVIRONMENT": "production", "FLASK_DEBUG": "1"}, "FLASK_DEBUG (environment): debug mode",
            {"FLASK_DEBUG": "0"}, marks=pytest.mark.mends("configuration/start.py:debug_problems"),
        ),
    ],
)  # fmt: skip
def test_production_refuses_what_is_unsafe_and_starts_with_the_fix(
    project: Project, mending: Mending, wrong: dict[str, str], told: str, fixed: dict[str, str]
) -> None:
    refused = project.python(START, env=SAFE | wrong)
    said = mending.refused(lambda: refused)

    started = mending.started(lambda: project.python(START, env=SAFE | wrong | fixed))

    assert told in said.problem
    assert "SetupError" in refused.err
    assert GOOD_KEY not in refused.text
    assert set(said.variables()) >= set(fixed) or said.fix == "remove that key"
    assert started.out.split()[0] == "production", started.err


def test_the_key_that_the_fix_makes_is_accepted(project: Project) -> None:
    refused = project.python(START, env={"PUBLIC_URL": "https://shop.example.org"})
    (fix,) = [line.partition("Fix: ")[2] for line in refused.err.splitlines() if "SECRET_KEY is not set" in line]
    command = fix.partition("$(")[2].removesuffix(")")

    key = project.run("sh", "-c", command.replace("python ", f"{sys.executable} ")).out.strip()

    assert project.python(START, env=SAFE | {"SECRET_KEY": key}).out.split()[0] == "production"


@pytest.mark.parametrize(
    ("env", "outcome"),
    [
        (SAFE, "production False"),
        (ENVIRONMENT, "development True"),
        ({"FLASK_DEBUG": "1"}, "development True"),
        ({"FLASK_DEBUG": "0"} | SAFE, "production False"),
        (ENVIRONMENT | {"FLASK_DEBUG": "0"}, "development False"),
        ({"FLASK_ENVIRONMENT": "testing", "FLASK_DEBUG": "0"}, "testing False"),
        (SAFE | {"FLASK_ENVIRONMENT": "production"}, "production False"),
        (ENVIRONMENT | {"PUBLIC_URL": "http://shop.localhost:8000/x"}, "development True"),
    ],
)
def test_the_environment_is_what_was_said_and_else_production(
    project: Project, env: dict[str, str], outcome: str
) -> None:
    assert project.python(START, env=env).out.strip() == outcome


def test_flask_debug_on_the_command_line_means_development(project: Project) -> None:
    run = project.flask("--app", "shop", "--debug", "settings", "--origin")

    assert run.status == 0
    assert [line.split()[1:] for line in run.out.splitlines() if line.startswith("environment ")] == [
        ["development", "FLASK_DEBUG", "(environment)"]
    ]


@pytest.mark.mends("configuration/start.py:development_problems")
@pytest.mark.parametrize("name", ["FLASK_ENVIRONMENT", "PUBLIC_URL"])
def test_development_refuses_an_address_of_another_machine(project: Project, mending: Mending, name: str) -> None:
    env = ENVIRONMENT | SAFE

    refused = mending.refused(lambda: project.python(START, env=env))

    told = "FLASK_ENVIRONMENT (environment) says development, but this address is not this machine's"
    assert told in refused.problem
    mending.started(lambda: project.python(START, env=env | {name: refused.variables()[name]}))


@pytest.mark.extra
@pytest.mark.mends("configuration/start.py:development_problems[2]")
def test_development_is_refused_under_gunicorn_and_production_is_not(project: Project, mending: Mending) -> None:
    gunicorn = [str(Path(sys.executable).parent / "gunicorn"), "--check-config", "shop:app"]
    env = ENVIRONMENT | {"SECRET_KEY": GOOD_KEY, "FLASK_SESSIONS__INSECURE_COOKIE": "true"}

    refused = mending.refused(lambda: project.run(*gunicorn, env=env))

    assert "the environment is development, but gunicorn serves it" in refused.problem
    mending.started(lambda: project.run(*gunicorn, env=env | refused.variables()))
    by_module = project.run(sys.executable, "-m", "gunicorn", "--check-config", "shop:app", env=ENVIRONMENT)
    assert "gunicorn serves it" in by_module.text


@pytest.mark.parametrize("server", ["waitress-serve", "hypercorn", "uvicorn", "granian"])
def test_development_is_refused_in_the_program_of_any_known_server(project: Project, server: str) -> None:
    project.write(server, f"import sys\nsys.path.insert(0, '.')\n{START}\n")

    assert f"{server} serves it" in project.run(sys.executable, server, env=ENVIRONMENT).err
    assert project.run(sys.executable, server, env=SAFE).status == 0


def test_development_answers_nothing_to_a_server_that_names_itself_only_in_requests(project: Project) -> None:
    code = (
        "import shop\n"
        "shop.app.debug = False\n"
        "ask = lambda name: shop.app.test_client().get('/', environ_overrides={'SERVER_SOFTWARE': name}).status_code\n"
        "print(ask('waitress'), ask('Werkzeug/3.1'))"
    )

    run = project.python(code, env=ENVIRONMENT)

    assert run.out.split()[0] == "500"
    assert run.out.split()[1] != "500"
    assert "but waitress serves it" in run.err


@pytest.mark.extra
def test_importing_a_servers_library_is_not_running_under_it(project: Project) -> None:
    assert project.python(f"import gunicorn.arbiter\n{START}", env=ENVIRONMENT).status == 0


def test_development_keeps_a_key_of_its_own(project: Project) -> None:
    show = "import shop; print(shop.app.secret_key)"

    keys = {project.python(show, env=ENVIRONMENT).out.strip() for _ in range(2)}

    file = project.folder / "instance" / "development.key"
    assert keys == {file.read_text().strip()}
    assert len(keys.pop()) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def test_processes_that_start_together_end_with_one_key(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, time\n"
        "from demijohn.configuration.development_key import development_key\n"
        "time.sleep(max(0, float(sys.argv[2]) - time.time()))\n"
        "print(development_key(pathlib.Path(sys.argv[1])))\n"
    )
    import time

    start = str(time.time() + 2)
    command = [sys.executable, "-c", code, str(tmp_path / "instance"), start]
    with ThreadPoolExecutor(6) as pool:
        runs = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True, check=True), range(6)))

    assert len({run.stdout for run in runs}) == 1
    assert [path.name for path in (tmp_path / "instance").iterdir()] == ["development.key"]


def test_a_damaged_key_is_refused_and_the_fix_mends_it(tmp_path: Path) -> None:
    (tmp_path / "development.key").write_text("oops")

    with pytest.raises(SetupError, match=r"development\.key is damaged") as caught:
        development_key(tmp_path)
    subprocess.run(caught.value.fix.partition("start: ")[2].split(), check=True)

    assert len(development_key(tmp_path)) == 64


def test_a_test_without_a_key_gets_a_passing_one(project: Project) -> None:
    run = project.python("import shop; print(len(shop.app.secret_key))", env={"FLASK_ENVIRONMENT": "testing"})

    assert run.out.strip() == "64"
    assert not (project.folder / "instance").exists()


def test_a_path_in_the_public_address_is_where_the_application_is_mounted(project: Project) -> None:
    show = (
        "from shop import app\nc = app.config\n"
        "print(c['APPLICATION_ROOT'], c['SESSION_COOKIE_PATH'], c['PREFERRED_URL_SCHEME'], "
        "app.extensions['demijohn'].public_url)"
    )

    run = project.python(show, env=SAFE | {"PUBLIC_URL": "https://example.org/shop/"})

    assert run.out.split() == ["/shop", "/shop", "https", "https://example.org/shop"]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (GOOD_KEY, None),
        ("correct horse battery staple tray", None),
        ("é" * 15 + "b", "is shorter than 32 bytes"),
        ("abcdefghij" * 4, "repeats too few characters"),
        ("192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf", "is a published example or a placeholder"),
        ("0123456789abcdefghijklmnopqrstuvwxyz", "is a published example or a placeholder"),
        ("My-Super-Secret-Key-For-The-Shop-2026", "is a published example or a placeholder"),
        ("YOUR_SECRET_KEY_GOES_HERE_0123456789", "is a published example or a placeholder"),
    ],
)
def test_a_key_must_be_long_varied_and_not_published(key: str, problem: str | None) -> None:
    assert key_problem(key) == problem


def test_random_keys_are_never_refused() -> None:
    import secrets

    assert [key for key in (secrets.token_hex(32) for _ in range(2_000)) if key_problem(key)] == []
    assert [key for key in (secrets.token_urlsafe(32) for _ in range(2_000)) if key_problem(key)] == []


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True), ("shop.localhost", True), ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True),
        ("LOCALHOST.", True), ("example.org", False), ("localhost.example.org", False), ("10.0.0.1", False),
        ("notlocalhost", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_loopback_names_are_told_from_those_that_look_like_them(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    "url",
    ["", "//example.org", "ftp://example.org", "https://", "https://exa mple.org", "https://a\\b", "https://[::1",
     "https://example.org:port", "https://example.org#x", "javascript:alert(1)"],
)  # fmt: skip
def test_what_is_no_public_address_is_refused(url: str) -> None:
    assert url_problem(url)
