"""The page on OpenID Connect, replayed: its variables, all of them, make an application that starts."""

import os

import pytest
from tests.conftest import SECRET_KEY
from tests.docs.test_howto import blocks

from demijohn import Settings, create_app


@pytest.fixture
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("FLASK_")]:
        monkeypatch.delenv(name)
    for line in "".join(blocks("openid-connect.md", "ini")).splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_variables")
def test_the_variables_of_the_page_start_an_application_with_the_button() -> None:
    app = create_app("shop", Settings(environment="testing", secret_key=SECRET_KEY, database={"url": "sqlite://"}))

    provider = app.extensions["demijohn"].settings.auth.oidc["main"]
    page = app.test_client().get("/auth/login").text

    assert "Sign in with Example Staff" in page
    assert provider.roles == {"Sales": ["seller"], "Heads of sales": ["seller", "manager"]}
    assert provider.allowed_domains == ["example.com", "example.org"]
