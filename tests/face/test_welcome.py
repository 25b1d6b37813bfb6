"""What stands at `/`: the application's own page always; until there is one, a start for whoever asks."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from flask import Flask

from demijohn import db

MakeApp = Callable[..., Flask]
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
PUBLIC = {"environment": "production", "public_url": "https://shop.example"}


def test_development_shows_where_things_are(make_app: MakeApp) -> None:
    answer = make_app(environment="development").test_client().get("/")

    assert answer.status_code == 200
    assert 'href="/admin/"' in answer.text


@pytest.mark.parametrize("environment", ["development", "testing"])
def test_own_page_wins_even_if_it_comes_after_create_app(make_app: MakeApp, environment: str) -> None:
    app = make_app(environment=environment)
    app.add_url_rule("/", "home", lambda: "my page")

    assert app.test_client().get("/").text == "my page"


def test_own_page_for_posts_alone_is_not_hidden(make_app: MakeApp) -> None:
    app = make_app(environment="development")
    app.add_url_rule("/", "hook", lambda: "taken", methods=["POST"])

    assert app.test_client().get("/").status_code == 405


def test_other_addresses_stay_not_found(make_app: MakeApp) -> None:
    client = make_app(environment="development").test_client()

    assert client.get("/nowhere").status_code == 404
    assert client.post("/").status_code in {400, 404, 405}


def test_production_sends_strangers_to_sign_in(make_app: MakeApp) -> None:
    client = make_app(**PUBLIC).test_client()

    answer = client.get("/", base_url="https://shop.example")

    assert answer.status_code == 302
    assert answer.location.endswith("/auth/login")


def test_without_accounts_there_is_nothing_to_start_with(make_app: MakeApp) -> None:
    app = make_app(features={"auth": False, "admin": False}, **PUBLIC)

    assert app.test_client().get("/", base_url="https://shop.example").status_code == 404


def test_production_sends_staff_to_the_admin(make_app: MakeApp) -> None:
    from demijohn.auth.models import user_class

    app = make_app(**PUBLIC)
    with app.app_context():
        db.session.add(
            user_class()(email="a@shop.example", password_hash=HASHER.hash("a long password"), is_superuser=True)
        )
        db.session.commit()
    client = app.test_client()
    https = {"base_url": "https://shop.example", "headers": {"Sec-Fetch-Site": "same-origin"}}
    page = client.get("/auth/login", **https).text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"email": "a@shop.example", "password": "a long password", "csrf_token": token}
    assert client.post("/auth/login", data=form, **https).status_code == 302

    answer = client.get("/", **https)

    assert answer.status_code == 302
    assert answer.location.endswith("/admin/")
