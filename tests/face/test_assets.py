"""Static files: kept for good by browsers, changed with their content, free for strangers."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, flash, render_template, url_for

import demijohn
from demijohn.assets import Versions, dm_icon, static_blueprint

SOURCE = Path(demijohn.__file__).parent


@pytest.fixture
def bare(make_app: Callable[..., Flask]) -> Flask:
    """An application whose batteries do not look at the session by themselves."""
    return make_app(features={"auth": False, "admin": False})


def test_address_of_a_file_carries_its_digest_and_is_kept_for_a_year(app: Flask) -> None:
    with app.test_request_context():
        address = url_for("demijohn.static", filename="tokens.css")

    answer = app.test_client().get(address, buffered=True)

    assert address.startswith("/_demijohn/tokens.css?v=")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "max-age=31536000" in answer.headers["Cache-Control"]


def test_file_asked_for_by_another_version_is_asked_for_again_next_time(app: Flask) -> None:
    answer = app.test_client().get("/_demijohn/tokens.css?v=000000000000", buffered=True)

    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]


def test_static_file_sets_no_cookie_and_does_not_vary_by_it(bare: Flask) -> None:
    client = bare.test_client()
    client.set_cookie(bare.config["SESSION_COOKIE_NAME"], "anything")

    answer = client.get("/_demijohn/tokens.css", buffered=True)

    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_nothing_outside_the_folder_is_served(app: Flask) -> None:
    client = app.test_client()

    for path in ("../app.py", "%2e%2e/app.py", "..%2fapp.py", "missing.css", ".."):
        assert client.get(f"/_demijohn/{path}").status_code == 404, path


def test_version_changes_with_the_content(tmp_path: Path) -> None:
    file = tmp_path / "a.css"
    file.write_text("a{}")
    versions = Versions(tmp_path)
    first = versions.of("a.css")

    file.write_text("b{}")
    os.utime(file, (1, 1))

    assert first != versions.of("a.css")
    assert versions.of("missing.css") is None


def test_two_folders_are_served_side_by_side(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "mine.css").write_text("c{}")
    app.register_blueprint(static_blueprint("mine", tmp_path, "/mine"))

    with app.test_request_context():
        address = url_for("mine.static", filename="mine.css")

    assert app.test_client().get(address, buffered=True).data == b"c{}"


def test_icon_is_decoration_unless_it_has_a_label(app: Flask) -> None:
    with app.test_request_context():
        assert 'aria-hidden="true"' in dm_icon("pencil")
        assert 'role="img" aria-label="&lt;b&gt;"' in dm_icon("pencil", "<b>")


def test_every_icon_our_templates_name_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (SOURCE / "static/icons.svg").read_text()))
    named = {
        name
        for template in SOURCE.glob("**/templates/**/*.html")
        for call in re.findall(r"dm_icon\((.*?)\) *}}", template.read_text())
        for name in re.findall(r'(?:^|: |or |else )"([\w-]+)"', call)
    }

    assert named
    assert named <= sprite


def test_page_for_a_stranger_reads_no_session(bare: Flask) -> None:
    bare.add_url_rule("/public", endpoint="public", view_func=lambda: render_template("demijohn/base.html"))

    answer = bare.test_client().get("/public")

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_flashed_text_is_escaped_and_shown_once(app: Flask) -> None:
    app.add_url_rule("/say", endpoint="say", view_func=lambda: flash("<script>", "error") or "")
    app.add_url_rule("/public", endpoint="public", view_func=lambda: render_template("demijohn/base.html"))
    client = app.test_client()

    client.get("/say")

    assert "&lt;script&gt;" in client.get("/public").text
    assert "&lt;script&gt;" not in client.get("/public").text
