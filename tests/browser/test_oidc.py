"""Sign-in through a real provider, by a real browser: the button, the provider's pages, back, and out there too."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from selenium import webdriver
from tests.auth.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET
from tests.auth.oidc.real_provider import RealProvider, running
from tests.browser.conftest import Browser, Site
from tests.browser.test_pages import judge
from werkzeug.serving import make_server

from demijohn import Settings, create_app, db
from demijohn.auth.accounts import create_user
from demijohn.auth.models import Role

pytestmark = pytest.mark.oidc
PASSWORD = "correct horse battery staple"


def make_gallery(folder: Path, provider: RealProvider) -> Flask:
    __import__("gallery")
    real = {
        "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "label": "Museum ID",
        "provision": True, "scopes": ["email", "profile", "groups"], "roles": {"sellers": "seller"},
    }  # fmt: skip
    nobody = {"issuer": "http://127.0.0.1:9", "client_id": "x", "label": "Closed House"}
    settings = Settings(
        name="The Gallery",
        environment="testing",
        secret_key="a-key-for-tests-only-0123456789-abcdefghij",
        database={"url": f"sqlite:///{folder}/gallery.db"},
        auth={"oidc": {"real": real, "nobody": nobody}},
    )
    app = create_app("gallery", settings)
    with app.app_context():
        db.create_all()
        db.session.add(Role(name="seller"))
        create_user("local@gallery.example", password=PASSWORD)
        db.session.commit()
    return app


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The gallery under the name localhost; the provider is 127.0.0.1, so for the browser it is another site."""
    server = make_server("127.0.0.1", 0, Flask("placeholder"), threaded=True)
    origin = f"http://localhost:{server.server_port}"
    with running(origin) as provider:
        app = server.app = make_gallery(tmp_path_factory.mktemp("oidc"), provider)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Site(app, origin)
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def visitor(driver: webdriver.Chrome, gallery: Site) -> Browser:
    browser = Browser(driver, gallery)
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    browser.open("/auth/login")
    browser.resize(1280)
    browser.prefer("light")
    browser.complaints()
    return browser


def press(browser: Browser, text: str) -> None:
    next(one for one in browser.all("button, a.button") if one.text == text).click()


def fill_in_at_provider(browser: Browser, login: str) -> None:
    browser.find("[name=login]").send_keys(login)
    browser.find("[name=password]").send_keys("any")
    browser.find("button[type=submit]").click()
    browser.find("button[type=submit][autofocus], .login-submit").click()  # consent


def test_somebody_signs_in_at_the_provider_and_out_there_too(visitor: Browser) -> None:
    press(visitor, "Sign in with Museum ID")
    visitor.arrive("/interaction/")
    fill_in_at_provider(visitor, "ada")
    visitor.arrive(visitor.site.url)
    visitor.complaints()  # the provider's pages look for a font
    visitor.open("/auth/account")
    assert "ada@example.com" in visitor.find("main").text
    assert visitor.complaints() == []

    press(visitor, "Sign out")
    visitor.arrive("/session/end")
    visitor.find("button[value=yes]").click()
    visitor.arrive("/auth/login")
    assert "You are signed out here and at Museum ID." in visitor.find(".flashes").text

    press(visitor, "Sign in with Museum ID")
    visitor.arrive("/interaction/")
    assert visitor.find("[name=login]"), "the provider still knows them"


def test_whoever_signs_out_at_the_provider_is_signed_out_here(visitor: Browser, gallery: Site) -> None:
    press(visitor, "Sign in with Museum ID")
    visitor.arrive("/interaction/")
    issuer = visitor.driver.current_url.partition("/interaction/")[0]
    fill_in_at_provider(visitor, "ada")
    visitor.arrive(visitor.site.url)
    visitor.open("/auth/account")
    assert "ada@example.com" in visitor.find("main").text

    visitor.driver.get(f"{issuer}/session/end")
    visitor.find("button[value=yes]").click()
    visitor.arrive("/session/end/success")

    visitor.open("/auth/account")
    visitor.arrive("/auth/login")


def test_a_stopped_sign_in_is_told_in_plain_words(visitor: Browser) -> None:
    press(visitor, "Sign in with Museum ID")
    visitor.arrive("/interaction/")
    visitor.find("a[href*=abort]").click()
    visitor.arrive(visitor.site.url)

    assert visitor.find("h1").text == "Museum ID did not let you through"


def test_a_closed_provider_is_named_and_the_password_still_opens(visitor: Browser) -> None:
    press(visitor, "Sign in with Closed House")
    assert visitor.find("h1").text == "Closed House does not answer"
    press(visitor, "Back to sign in")
    visitor.find("[name=email]").send_keys("local@gallery.example")
    visitor.find("[name=password]").send_keys(PASSWORD)
    visitor.find("main form button:not([type=button])").click()
    visitor.wait("!location.pathname.includes('login')")

    visitor.open("/auth/account")
    assert "local@gallery.example" in visitor.find("main").text


@pytest.mark.parametrize("path", ["/auth/login", "/auth/login/oidc/real", "/auth/callback/real?state=x"])
def test_page_for_strangers_is_fit_for_everyone(visitor: Any, path: str) -> None:
    judge(visitor, path)


def test_page_of_connected_accounts_is_fit_for_everyone(visitor: Browser) -> None:
    press(visitor, "Sign in with Museum ID")
    visitor.arrive("/interaction/")
    fill_in_at_provider(visitor, "ada")
    visitor.arrive(visitor.site.url)
    visitor.complaints()

    judge(visitor, "/auth/account/identities")
