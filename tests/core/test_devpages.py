"""`/_dev/`: for whoever develops, on this machine, and nowhere else."""

from typing import Any

import pytest
from flask import Flask

KEY = "kJ8s!x-kJ9t!y-kJ7u!z-0123456789aBcDeF"


@pytest.fixture
def app(make_app: Any) -> Flask:
    return make_app(environment="development", secret_key=KEY, mail={"url": "smtp://ada:hunter2@localhost"})


def test_the_index_names_the_pages_and_the_batteries(app: Flask) -> None:
    page = app.test_client().get("/_dev/").text

    for part in ("/_dev/mail/", "/_dev/routes/", "/_dev/settings/", "observability"):
        assert part in page


def test_the_index_works_without_mail(make_app: Any) -> None:
    app = make_app(environment="development", features={"mail": False})

    assert "/_dev/mail/" not in app.test_client().get("/_dev/").text


def test_routes_are_listed_with_their_endpoints(app: Flask) -> None:
    page = app.test_client().get("/_dev/routes/").text

    assert "<code>/_dev/routes/</code>" in page
    assert "<code>auth.login</code>" in page


def test_settings_show_no_secret(app: Flask) -> None:
    page = app.test_client().get("/_dev/settings/").text

    assert "MAIL_URL" in page
    assert "hunter2" not in page
    assert KEY not in page


@pytest.mark.parametrize("path", ["", "routes/", "settings/"])
@pytest.mark.parametrize("environ", [{"REMOTE_ADDR": "192.0.2.7"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}])
def test_nobody_else_sees_them(app: Flask, path: str, environ: dict[str, str]) -> None:
    assert app.test_client().get(f"/_dev/{path}", environ_overrides=environ).status_code == 404


@pytest.mark.parametrize("environment", ["testing", "production"])
def test_they_do_not_exist_elsewhere(make_app: Any, environment: str) -> None:
    app = make_app(environment=environment, public_url="https://shop.example", secret_key=KEY)

    assert app.test_client().get("/_dev/", base_url="https://shop.example").status_code == 404
    assert not any(rule.rule.startswith("/_dev") for rule in app.url_map.iter_rules())
