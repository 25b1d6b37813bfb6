"""Compiled templates in the instance folder: used at the next start, and only if they are ours."""

import os
import stat
from pathlib import Path

import pytest
from flask import Flask

from demijohn import Settings, create_app

KEY = "a-key-for-tests-0123456789-abcdefghijklmnop"


def start(instance: Path, *, secret_key: str = KEY) -> Flask:
    settings = Settings(
        environment="production",
        secret_key=secret_key,
        public_url="https://shop.example.com",
        database={"url": f"sqlite:///{instance}/shop.db"},
    )
    app = create_app("shop", settings, instance_path=str(instance))
    app.extensions["demijohn.housekeeping"].close()
    return app


def first_page(app: Flask) -> list[str]:
    """The templates that were compiled for a page."""
    compiled: list[str] = []
    compile_template = app.jinja_env._generate

    def note(source: object, name: str | None, *rest: object, **options: object) -> object:
        compiled.append(str(name))
        return compile_template(source, name, *rest, **options)  # type: ignore[arg-type]

    app.jinja_env._generate = note  # type: ignore[assignment, method-assign]
    with app.test_request_context("/", base_url="https://shop.example.com"):
        app.jinja_env.get_template("admin/lib.html")
        app.jinja_env.get_template("demijohn/macros.html")
    return compiled


def kept(instance: Path) -> list[Path]:
    return sorted((instance / "compiled-templates").iterdir())


def test_a_second_start_compiles_nothing(tmp_path: Path) -> None:
    assert len(first_page(start(tmp_path))) == 2

    assert first_page(start(tmp_path)) == []
    assert stat.S_IMODE((tmp_path / "compiled-templates").stat().st_mode) == 0o700


def test_a_file_that_somebody_changed_is_not_run(tmp_path: Path) -> None:
    first_page(start(tmp_path))
    one, other = kept(tmp_path)
    for file in (one, other):
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)

    assert len(first_page(start(tmp_path))) == 2


def test_a_file_of_another_template_is_not_run(tmp_path: Path) -> None:
    first_page(start(tmp_path))
    one, other = kept(tmp_path)
    swapped = one.read_bytes(), other.read_bytes()
    one.write_bytes(swapped[1])
    other.write_bytes(swapped[0])

    assert len(first_page(start(tmp_path))) == 2


@pytest.mark.parametrize(
    "content", [b"", b"x", b"\x00" * 40, os.urandom(5_000)], ids=["empty", "short", "zeros", "noise"]
)
def test_rubbish_counts_as_missing(tmp_path: Path, content: bytes) -> None:
    first_page(start(tmp_path))
    for file in kept(tmp_path):
        file.write_bytes(content)

    assert len(first_page(start(tmp_path))) == 2


def test_another_key_compiles_anew(tmp_path: Path) -> None:
    first_page(start(tmp_path))

    assert len(first_page(start(tmp_path, secret_key=KEY[::-1]))) == 2


def test_where_nothing_can_be_written_pages_work(tmp_path: Path) -> None:
    (tmp_path / "compiled-templates").write_text("a file where the folder would be")

    assert len(first_page(start(tmp_path))) == 2
