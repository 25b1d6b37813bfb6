"""`flask up`: from a single file to a served application, in the real program."""

import json
import re
import socket
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest
from projects import Project, program
from serving import serving

from demijohn.cli.up import free_port

SHOP = """\
from decimal import Decimal

from sqlalchemy.orm import Mapped

from demijohn import Model, create_app


class Order(Model):
    total: Mapped[Decimal]


app = create_app(__name__)
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("shop.py", SHOP)
    return project


def test_the_first_start_notes_the_environment_makes_the_administrator_and_serves(shop: Project) -> None:
    with serving(shop, "--no-input") as (address, printed):
        page = urllib.request.urlopen(f"{address}auth/login", timeout=5).read().decode()
    text = printed.read_text()

    assert "password" in page
    assert (shop.folder / ".env").read_text() == "FLASK_ENVIRONMENT=development\n"
    assert f"wrote FLASK_ENVIRONMENT=development to {shop.folder}/.env" in text
    assert text.count("administrator: admin@shop.localhost") == 1
    assert re.search(r"password: +[a-z]{6}-[a-z]{6}-[a-z]{6}-[0-9]{4} ", text)
    assert "Traceback" not in text
    assert "\x1b[" not in text


def test_a_later_start_says_who_the_administrator_is_and_keeps_everything(shop: Project) -> None:
    with serving(shop, "--no-input") as (_, printed):
        pass
    key = (shop.folder / "instance" / "development.key").read_text()

    with serving(shop, "--no-input") as (_, printed):
        pass

    text = printed.read_text()
    assert "administrator: admin@shop.localhost" in text
    again = re.search(r"a new password: (\S+) --app shop user password (\S+)\)", text)
    assert again is not None
    assert (shop.folder / again[1]).resolve() == Path(program("flask")).resolve() or again[1] == "flask"
    assert "shown this once" not in text
    assert (shop.folder / ".env").read_text() == "FLASK_ENVIRONMENT=development\n"
    assert (shop.folder / "instance" / "development.key").read_text() == key


def test_after_the_first_start_other_commands_work_here(shop: Project) -> None:
    with serving(shop, "--no-input"):
        pass

    run = shop.flask("--app", "shop", "settings", "--json")

    rows = {row["setting"]: row for row in json.loads(run.out)}
    assert run.status == 0
    assert rows["environment"]["origin"] == "FLASK_ENVIRONMENT (.env:1)"


def test_ctrl_c_leaves_no_process_and_no_port(shop: Project) -> None:
    with serving(shop, "--no-input") as (address, _):
        port = int(address.rsplit(":", 1)[1].strip("/"))

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    assert [p for p in processes() if str(shop.folder) in p] == []


def processes() -> list[str]:
    """The working directories of all processes whose own it may read."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            found.append(str((entry / "cwd").readlink()))
    return found


def test_a_taken_port_that_was_asked_for_is_refused(shop: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = shop.flask("--app", "shop", "up", "--no-input", "--port", str(port))

    assert refused.status == 2
    assert f"port {port} is taken on 127.0.0.1" in refused.err
    assert not (shop.folder / ".env").exists()


def test_without_a_port_it_is_5000_or_the_next_free_one() -> None:
    first = free_port("127.0.0.1", None)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first))
        taken.listen()
        second = free_port("127.0.0.1", None)

    assert 5000 <= first < 5100
    assert 5000 <= second < 5100
    assert second != first


def test_production_is_refused_and_nothing_is_written(shop: Project) -> None:
    run = shop.flask("--app", "shop", "up", "--no-input", env={"FLASK_ENVIRONMENT": "production"})

    assert run.status == 2
    assert "`flask up` is for development, and FLASK_ENVIRONMENT (environment) says production." in run.err
    assert "Traceback" not in run.text
    assert not (shop.folder / ".env").exists()
    assert not (shop.folder / "instance").exists()


def test_production_said_in_the_file_or_in_the_code_is_refused_too(shop: Project) -> None:
    shop.write(".env", "FLASK_ENVIRONMENT=production\n")
    assert "FLASK_ENVIRONMENT (.env:1) says production" in shop.flask("--app", "shop", "up").err

    shop.write(".env", "")
    key, url = "b7c1f0a94e5d4c3b8a6f2e1d0c9b8a7f6e5d4c3b2a190817", "https://shop.example.org"
    arguments = f"environment='production', secret_key='{key}', public_url='{url}'"
    code = f"from demijohn import Settings, create_app\napp = create_app(__name__, Settings({arguments}))\n"
    shop.write("shop.py", code)
    run = shop.flask("--app", "shop", "up")
    assert run.status == 2
    assert (shop.folder / ".env").read_text() == ""


def test_a_parent_folders_production_does_not_count(shop: Project) -> None:
    (shop.folder.parent / ".env").write_text("FLASK_ENVIRONMENT=production\nFLASK_NAME=parent\n")

    with serving(shop, "--no-input") as (_, printed):
        pass

    assert "wrote FLASK_ENVIRONMENT=development" in printed.read_text()


def test_a_database_on_another_machine_is_refused_before_anything_is_written(shop: Project) -> None:
    env = {"DATABASE_URL": "postgres://ada:hunter2@db.example.org/shop"}

    run = shop.flask("--app", "shop", "up", "--no-input", env=env)

    assert run.status == 2
    assert "the database is on another machine (db.example.org)" in run.err
    assert "flask up --yes" in run.err
    assert "hunter2" not in run.text
    assert not (shop.folder / ".env").exists()


def test_an_address_that_is_not_this_machines_is_refused(shop: Project) -> None:
    run = shop.flask("--app", "shop", "up", "--no-input", "--host", "192.0.2.7")

    assert run.status == 2
    assert "192.0.2.7 is not an address of this machine" in run.err
    assert not (shop.folder / ".env").exists()


def test_what_the_file_held_before_is_kept(shop: Project) -> None:
    shop.write(".env", "FLASK_NAME=corks")

    with serving(shop, "--no-input"):
        pass

    assert (shop.folder / ".env").read_text() == "FLASK_NAME=corks\nFLASK_ENVIRONMENT=development\n"
