"""Where the data lives: URLs, drivers, pools, and what is refused."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import ValidationError
from sqlalchemy.pool import StaticPool

from demijohn import Settings, create_app, db
from demijohn.checks import run_checks
from demijohn.database.probes import probe_database
from demijohn.database.settings import DatabaseSettings, normal_url

MakeApp = Callable[..., Flask]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_means_psycopg(scheme: str) -> None:
    assert (
        normal_url(f"{scheme}://me:p%40ss@db/x?sslmode=require")
        == "postgresql+psycopg://me:p%40ss@db/x?sslmode=require"
    )


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://me:hunter2@db/x", "MySQL and MariaDB are not supported yet"),
        ("mariadb+pymysql://me:hunter2@db/x", "MySQL and MariaDB are not supported yet"),
        ("oracle://me:hunter2@db/x", "oracle:// is not a database it knows"),
        ("hunter2", "not a database URL"),
    ],
)
def test_unknown_database_is_refused_without_showing_the_url(url: str, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DatabaseSettings(url=url)  # type: ignore[arg-type]

    assert words in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_default_is_a_file_named_after_the_application_in_the_instance_folder(tmp_path: Path) -> None:
    settings = Settings(environment="testing", secret_key="k" * 40, features={"auth": False, "admin": False})  # type: ignore[arg-type]

    app = create_app("shop", settings, instance_path=str(tmp_path / "instance"))

    with app.app_context():
        assert db.engine.url.database == str(tmp_path / "instance" / "shop.db")


def test_relative_path_is_taken_from_the_instance_folder(tmp_path: Path) -> None:
    settings = Settings(
        environment="testing",
        secret_key="k" * 40,  # type: ignore[arg-type]
        features={"auth": False, "admin": False},  # type: ignore[arg-type]
        database={"url": "sqlite:///data.db"},  # type: ignore[arg-type]
    )

    app = create_app("shop", settings, instance_path=str(tmp_path / "instance"))

    with app.app_context():
        assert db.engine.url.database == str(tmp_path / "instance" / "data.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_memory_database_is_one_for_the_whole_process(make_data_app: MakeApp, url: str) -> None:
    app = make_data_app("shop", database={"url": url})

    with app.app_context():
        assert isinstance(db.engine.pool, StaticPool)
        assert "customer" in sa.inspect(db.engine).get_table_names()


def test_pool_holds_what_the_settings_say(make_data_app: MakeApp, database_url: str) -> None:
    app = make_data_app("shop", database={"url": database_url, "pool_size": 7, "max_overflow": 2})

    with app.app_context():
        pool = db.engine.pool
        held = [pool.connect() for _ in range(9)]
        assert pool.size() == 7
        assert pool.overflow() == 2
        for connection in held:
            connection.close()


def test_pool_smaller_than_the_servers_threads_is_a_warning(
    make_data_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--workers 2 --threads 40")
    app = make_data_app("shop")

    found = {problem.id: problem for problem in run_checks(app)}

    assert found["database.W001"].fix == "set FLASK_DATABASE__POOL_SIZE=40, or run fewer threads."


def test_probe_says_which_database_does_not_answer(make_data_app: MakeApp, tmp_path: Path) -> None:
    well = make_data_app("shop")
    ill = make_data_app("shop", create_tables=False, database={"url": f"sqlite:///{tmp_path}/no/such/folder.db"})

    assert probe_database(well) is None
    assert probe_database(ill) == "main database does not answer (OperationalError)"


def test_missing_driver_is_one_screen_with_the_command_to_type() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from demijohn import Settings, SetupError, create_app\n"
        "try:\n"
        "    create_app('json', Settings(environment='testing', secret_key='k' * 40,"
        " database={'url': 'postgresql://db/x'}))\n"
        "except SetupError as e:\n"
        "    print(e.fix)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )

    assert done.stdout.strip() == 'pip install "demijohn[postgres]"'
