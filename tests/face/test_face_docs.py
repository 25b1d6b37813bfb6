"""The page on the dashboard's face: its settings taken, its code run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from howto import blocks

from demijohn import db
from demijohn.testing_client import sign_in

MakeApp = Callable[..., Flask]


def test_the_settings_and_the_view_of_the_page_stand(
    make_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "rules.txt").touch()
    (tmp_path / "static/images").mkdir(parents=True)
    (tmp_path / "static/images/shop.svg").touch()
    (tmp_path / "office.py").write_text("".join(reversed(blocks("admin-face.md"))))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in "".join(blocks("admin-face.md", "sh")).splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value.partition("  ")[0].strip('"'))
    monkeypatch.setenv("FLASK_ENVIRONMENT", "testing")
    monkeypatch.setenv("SECRET_KEY", "a-key-for-tests-only-0123456789-abcdefghij")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/office.db")
    app: Flask = __import__("office").app
    with app.app_context():
        db.create_all()
    client = app.test_client()
    sign_in(client, superuser=True)
    clerk = app.test_client()
    sign_in(clerk, "clerk@example.com", permissions=["admin.access"])

    page = client.get("/admin/papers/").text
    german = client.get("/admin/papers/", headers={"Accept-Language": "de-AT,de;q=0.9"}).text

    assert "rules.txt" in page
    assert "Zum Inhalt springen" in german
    assert "Shop back office" in page
    assert "bootstrap4.css" in page
    assert clerk.get("/admin/papers/").status_code == 403
    app.extensions["demijohn.housekeeping"].close()
    with app.app_context():
        db.engine.dispose()
