"""How batteries fit together: each refusal, its fix applied as it is written, and the start that follows."""

import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import requires

import click
import pytest
from flask import Blueprint, Flask
from projects import GOOD_KEY, SAFE, Project
from setup_faults import Mending

from demijohn import Battery, create_app
from demijohn.contributions import Check
from demijohn.mail import send_mail
from demijohn.section import Section
from demijohn.security.secrets import derive_key
from demijohn.security.urls import public_url_for

pytestmark = pytest.mark.usefixtures("clean_environment")
MakeApp = Callable[..., Flask]
DEVELOPMENT = {"FLASK_ENVIRONMENT": "development"}
START = "import shop; shop.app.test_client()"


def nothing(app: Flask, section: Section) -> None: ...


def own(name: str, **options: object) -> Battery[Section]:
    return Battery(name=name, section=Section, init=nothing, **options)


def say(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.mends("choose.py:bundled_on")
@pytest.mark.parametrize("off", ["DATABASE", "AUTH", "SECURITY"])
@pytest.mark.parametrize("way", [r"=true\b", r"=false\b"], ids=["on", "off"])
def test_a_battery_whose_need_is_off(
    mending: Mending, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch, off: str, way: str
) -> None:
    say(monkeypatch, {f"FLASK_FEATURES__{off}": "false", "FLASK_FEATURES__ADMIN": "true"})

    said = mending.refused(lambda: make_app("bare")).variables()
    say(monkeypatch, {name: value for name, value in said.items() if re.search(way, f"={value}")})

    mending.started(lambda: make_app("bare"))


@pytest.mark.mends("choose.py:refuse_unmet_needs")
def test_an_own_battery_whose_bundled_need_is_off(
    mending: Mending, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, {"FLASK_FEATURES__DATABASE": "false"})
    late = own("late", needs=("mail",))

    say(monkeypatch, mending.refused(lambda: make_app("bare", batteries=[late])).variables())

    mending.started(lambda: make_app("bare", batteries=[late]))


@pytest.mark.mends("choose.py:refuse_unmet_needs")
def test_an_own_battery_whose_own_need_is_not_passed(mending: Mending, make_app: MakeApp) -> None:
    known = {"early": own("early"), "late": own("late", needs=("early",))}

    fix = mending.refused(lambda: make_app("bare", batteries=[known["late"]])).fix
    passed = re.findall(r"\w+", fix.partition("batteries=[")[2].partition("]")[0])

    mending.started(lambda: make_app("bare", batteries=[known[name] for name in passed]))


@pytest.mark.mends("choose.py:refuse_same_name")
@pytest.mark.parametrize("name", ["mail", "stock"])
def test_two_batteries_of_one_name(mending: Mending, make_app: MakeApp, name: str) -> None:
    fix = mending.refused(lambda: make_app("bare", batteries=[own("stock"), own(name)])).fix
    another = own(fix.partition("name='")[2].partition("'")[0])

    mending.started(lambda: make_app("bare", batteries=[own("stock"), another]))


@pytest.mark.mends("choose.py:place")
def test_batteries_that_wait_for_each_other(mending: Mending, make_app: MakeApp) -> None:
    one, two = own("one", after=("two",)), own("two", needs=("one",))

    fix = mending.refused(lambda: make_app("bare", batteries=[one, two])).fix

    assert "remove one of these names" in fix
    mending.started(lambda: make_app("bare", batteries=[own("one"), two]))


@pytest.mark.mends("conflicts.py:refuse_taken_blueprint")
def test_two_batteries_with_one_blueprint(mending: Mending, make_app: MakeApp) -> None:
    one = own("one", blueprints=(Blueprint("same", __name__),))
    two = own("two", blueprints=(Blueprint("same", __name__),))

    fix = mending.refused(lambda: make_app("bare", batteries=[one, two])).fix
    name = fix.partition("Blueprint('")[2].partition("'")[0]

    mending.started(lambda: make_app("bare", batteries=[one, own("two", blueprints=(Blueprint(name, __name__),))]))


@pytest.mark.mends("conflicts.py:refuse_taken_command")
def test_two_batteries_with_one_command(mending: Mending, make_app: MakeApp) -> None:
    one, two = own("one", commands=(click.Group("same"),)), own("two", commands=(click.Group("same"),))

    fix = mending.refused(lambda: make_app("bare", batteries=[one, two])).fix
    name = fix.partition("Group('")[2].partition("'")[0]

    mending.started(lambda: make_app("bare", batteries=[one, own("two", commands=(click.Group(name),))]))


@pytest.mark.mends("checks.py:answers")
def test_a_check_that_fails(mending: Mending, make_app: MakeApp) -> None:
    asked = own("asked", checks=(Check(name="limit", run=lambda app: [][: app.config["LIMIT"]]),))

    fix = mending.refused(lambda: make_app("bare", batteries=[asked])).fix

    assert re.search(r"what it asks: test_mending\.py:\d+", fix)
    mending.started(lambda: make_app("bare", batteries=[asked], config={"LIMIT": 3}))


@pytest.mark.parametrize(
    ("library", "variables"),
    [
        pytest.param(
            "psycopg", {"DATABASE_URL": "postgresql://127.0.0.1:9/shop", "FLASK_FEATURES__ADMIN": "false"},
            marks=pytest.mark.mends("database/battery.py:init"),
        ),
        pytest.param(
            "redis", {"REDIS_URL": "redis://127.0.0.1:9/0"}, marks=pytest.mark.mends("redis/server.py:connect[2]")
        ),
        pytest.param(
            "webauthn", {"FLASK_AUTH__PASSKEYS__ENABLED": "true"},
            marks=pytest.mark.mends("auth/passkeys/capability.py:refuse_missing_library"),
        ),
    ],
)  # fmt: skip
@pytest.mark.extra
def test_an_extra_that_is_not_installed(
    mending: Mending, project: Project, library: str, variables: dict[str, str]
) -> None:
    """Hidden, then there again, as installing the extra that brings it makes it."""
    project.write("shop.py", "from demijohn import create_app\n\napp = create_app(__name__)\n")
    env = DEVELOPMENT | variables

    fix = mending.refused(lambda: project.python(f"import sys; sys.modules[{library!r}] = None\n{START}", env=env)).fix
    extra = fix.partition("demijohn[")[2].partition("]")[0]

    assert fix == f'pip install "demijohn[{extra}]"'
    assert any(need.startswith(library) and f"extra == '{extra}'" in need for need in requires("demijohn") or ())
    mending.started(lambda: project.python(START, env=env))


NOTE = """
import sqlalchemy as sa
from demijohn import Model, create_app
from sqlalchemy.orm import Mapped, mapped_column
{more}
class Note(Model):
    other_id: Mapped[int] = mapped_column(sa.ForeignKey("{target}"))

app = create_app(__name__)
"""


@pytest.mark.mends("database/checks.py:problem_of")
def test_a_foreign_key_to_a_table_that_no_model_makes(mending: Mending, project: Project) -> None:
    project.write("shop.py", NOTE.format(more="", target="page.id"))

    fix = mending.refused(lambda: project.python(START, env=DEVELOPMENT)).fix
    assert "import the model of that table before create_app" in fix
    project.write("pages.py", "from demijohn import Model\n\n\nclass Page(Model): ...\n")
    project.write("shop.py", NOTE.format(more="import pages", target="page.id"))

    mending.started(lambda: project.python(START, env=DEVELOPMENT))


@pytest.mark.mends("database/checks.py:problem_of[2]")
def test_a_foreign_key_to_a_table_of_a_battery_that_is_off(mending: Mending, project: Project) -> None:
    more = "from demijohn.auth import UserBase\n\nclass User(UserBase): ...\n"
    project.write("shop.py", NOTE.format(more=more, target="user.id"))
    env = DEVELOPMENT | {"FLASK_FEATURES__AUTH": "false"}

    said = mending.refused(lambda: project.python(START, env=env)).variables()

    mending.started(lambda: project.python(START, env=env | said))


MAILER = "from demijohn import create_app\n\napp = create_app(__name__)\n"


@pytest.mark.mends("mail/checks.py:ready_to_send")
def test_mail_that_goes_nowhere_in_production(mending: Mending, project: Project) -> None:
    project.write("shop.py", MAILER)
    check = ("--app", "shop", "check", "--deploy", "--fail-level", "error")

    fix = mending.refused(lambda: project.flask(*check, env=SAFE | {"FLASK_MAIL__BACKEND": "console"})).fix

    assert "remove FLASK_MAIL__BACKEND and set MAIL_URL" in fix
    mending.started(lambda: project.flask(*check, env=SAFE | {"MAIL_URL": "smtps://u:p@mail.example.com"}))


@pytest.mark.mends("mail/checks.py:ready_to_send[2]")
@pytest.mark.parametrize("name", ["MAIL_URL", "FLASK_FEATURES__MAIL"])
def test_production_without_a_mail_server(mending: Mending, project: Project, name: str) -> None:
    project.write("shop.py", MAILER)
    check = ("--app", "shop", "check", "--deploy", "--fail-level", "error")

    said = mending.refused(lambda: project.flask(*check, env=SAFE)).variables()

    mending.started(lambda: project.flask(*check, env=SAFE | {name: said[name]}))


@pytest.mark.mends("mail/state.py:mail_of")
def test_sending_where_mail_is_off(mending: Mending, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, {"FLASK_FEATURES__MAIL": "false"})

    def send() -> None:
        with make_app("bare").app_context():
            send_mail("ada@example.com", subject="x", text="x")

    say(monkeypatch, mending.refused(send).variables())

    mending.started(send)


@pytest.mark.mends("configuration/server.py:refuse")
def test_development_behind_a_production_server(mending: Mending, monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, {"SECRET_KEY": GOOD_KEY, "FLASK_SESSIONS__INSECURE_COOKIE": "true"} | DEVELOPMENT)
    say(monkeypatch, {"FLASK_FEATURES__DATABASE": "false", "FLASK_SECURITY__TRUSTED_HOSTS": "localhost"})

    def ask() -> int:
        app = create_app("bare")
        app.config["PROPAGATE_EXCEPTIONS"] = True
        return app.test_client().get("/", environ_overrides={"SERVER_SOFTWARE": "waitress"}).status_code

    say(monkeypatch, mending.refused(ask).variables())

    assert mending.started(ask) == 404


@pytest.mark.mends("configuration/development_key.py:development_key")
def test_a_folder_that_cannot_hold_the_development_key(mending: Mending, project: Project) -> None:
    project.write("instance", "a file, where a folder should be")

    said = mending.refused(lambda: project.python(START, env=DEVELOPMENT)).variables()

    mending.started(lambda: project.python(START, env=DEVELOPMENT | said))


@pytest.mark.mends("configuration/development_key.py:development_key[2]")
def test_a_damaged_development_key(mending: Mending, project: Project) -> None:
    project.write("instance/development.key", "oops")

    fix = mending.refused(lambda: project.python(START, env=DEVELOPMENT)).fix
    subprocess.run(fix.partition("next start: ")[2].split(), check=True)

    mending.started(lambda: project.python(START, env=DEVELOPMENT))


@pytest.mark.mends("security/secrets.py:derived_keys")
def test_deriving_without_a_secret_key(mending: Mending) -> None:
    app = Flask("plain")

    fix = mending.refused(lambda: derive_key(app, "mail")).fix
    command = fix.partition("bytes: ")[2].replace("python ", f"{sys.executable} ", 1)
    app.config["SECRET_KEY"] = subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout

    mending.started(lambda: derive_key(app, "mail"))


@pytest.mark.mends("security/urls.py:base_url")
def test_a_link_without_a_public_address(mending: Mending, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def link() -> str:
        app = make_app("bare", environment="production", secret_key=GOOD_KEY, sessions={"insecure_cookie": True})
        app.add_url_rule("/where", "where", lambda: "here")
        with app.app_context():
            return public_url_for("where")

    said = mending.refused(link).variables()
    say(monkeypatch, {name: value.replace("<host>", "shop.example") for name, value in said.items()})

    assert mending.started(link) == "https://shop.example/where"
