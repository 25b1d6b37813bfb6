"""How the id travels: name, flags, life time."""

import datetime as dt
from email.utils import parsedate_to_datetime

import pytest
from tests.conftest import SECRET_KEY
from tests.sessions.conftest import add_views

PRODUCTION = {"environment": "production", "secret_key": SECRET_KEY}


def set_cookie(app, path: str = "/sign-in/7", **options) -> str:
    base = app.extensions["demijohn"].public_url or "http://localhost"
    return app.test_client().get(path, base_url=base, **options).headers["Set-Cookie"]


def test_production_sends_a_host_cookie_over_tls_only(make_app) -> None:
    app = add_views(make_app(**PRODUCTION, public_url="https://shop.example"))

    name, *flags = set_cookie(app).split("; ")

    assert name.startswith("__Host-session=s")
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]


def test_below_a_path_production_sends_a_secure_cookie_for_that_path(make_app) -> None:
    app = add_views(make_app(**PRODUCTION, public_url="https://example.com/shop"))
    client = app.test_client()

    header = client.get("/sign-in/7", base_url="https://example.com/shop").headers["Set-Cookie"]

    assert header.startswith("__Secure-session=")
    assert "Path=/shop" in header
    assert "Secure" in header.split("; ")


def test_development_sends_a_plain_cookie(app) -> None:
    name, *flags = set_cookie(app).split("; ")

    assert name.startswith("session=s")
    assert sorted(flags) == ["HttpOnly", "Path=/", "SameSite=Lax"]


def test_insecure_cookie_is_the_way_out_for_a_closed_network(make_app) -> None:
    app = add_views(make_app(**PRODUCTION, public_url="http://intranet.example", sessions={"insecure_cookie": True}))

    header = set_cookie(app)

    assert header.startswith("session=")
    assert "Secure" not in header


def test_the_cookie_ends_with_the_browser_unless_the_person_asked_to_stay(app) -> None:
    assert "Expires" not in set_cookie(app)

    header = set_cookie(app, "/sign-in/7?remember=1")

    left = parsedate_to_datetime(header.partition("Expires=")[2].partition(";")[0]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=29) < left <= dt.timedelta(days=30)


def test_a_remembered_cookie_is_lengthened_by_use(app, travel) -> None:
    client = app.test_client()
    client.get("/sign-in/7?remember=1")
    travel(20 * 86_400)

    assert "Expires" in client.get("/who").headers["Set-Cookie"]
    travel(20 * 86_400)
    assert client.get("/who").json["user"] == 7


def test_permanent_sessions_outlive_the_browser_as_flask_says(app) -> None:
    from flask import session

    @app.get("/permanent")
    def permanent() -> str:
        session.permanent = True
        return ""

    assert "Expires" in app.test_client().get("/permanent").headers["Set-Cookie"]


def test_clearing_takes_the_cookie_with_the_same_name_path_and_flags(make_app) -> None:
    app = add_views(make_app(**PRODUCTION, public_url="https://shop.example"))
    client = app.test_client()
    client.get("/sign-in/7", base_url="https://shop.example")

    header = client.get("/clear", base_url="https://shop.example").headers["Set-Cookie"]

    assert header.startswith("__Host-session=;")
    assert {"Secure", "Path=/", "Max-Age=0"} <= set(header.split("; "))


@pytest.mark.parametrize("name", ["session", "__Secure-session"])
def test_a_cookie_without_the_prefix_is_not_read_in_production(make_app, name: str) -> None:
    app = add_views(make_app(**PRODUCTION, public_url="https://shop.example"))
    client = app.test_client()
    client.get("/sign-in/7", base_url="https://shop.example")
    value = client.get_cookie("__Host-session", domain="shop.example").value

    other = app.test_client(use_cookies=False)
    response = other.get("/who", base_url="https://shop.example", headers={"Cookie": f"{name}={value}"})

    assert response.json["user"] is None


@pytest.mark.parametrize(("insecure", "secure"), [(False, True), (True, False)])
def test_flasks_own_cookie_is_as_careful_when_the_battery_is_off(make_app, insecure: bool, secure: bool) -> None:
    url = "http://intranet.example" if insecure else "https://shop.example"
    settings = {"features": {"sessions": False}, "sessions": {"insecure_cookie": insecure}, "public_url": url}
    app = add_views(make_app(**PRODUCTION, **settings))

    flags = set(set_cookie(app, "/set/colour/red").split("; "))

    assert ("Secure" in flags) is secure
    assert {"HttpOnly", "SameSite=Lax"} <= flags
