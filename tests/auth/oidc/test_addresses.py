"""The addresses that providers bring: none opens anything to a stranger, none writes without a token."""

from typing import Any

import pytest
from tests.contract.test_routes import PUBLIC, is_closed, routes

from demijohn.testing_client import Client, sign_in

OPEN = {"auth.login_oidc"}
"""A page with the button."""


def test_a_stranger_gets_nothing_but_what_is_on_the_list(make_site: Any) -> None:
    site = make_site()
    client = site.test_client()
    asked = [
        (name, path.replace("oidc/1", "oidc/main").replace("back/1", "back/main")) for name, path in routes(site, "GET")
    ]

    opened = {name for name, path in asked if not is_closed(client.get(path)) and name not in PUBLIC}

    assert opened <= OPEN


@pytest.mark.parametrize("provider", ["main", "1"])
def test_nothing_is_begun_or_changed_without_a_token(make_site: Any, provider: str) -> None:
    site = make_site()
    client = Client(site, site.response_class)
    sign_in(client, "root@example.com", superuser=True)
    posts = [
        path.replace("oidc/1", f"oidc/{provider}")
        .replace("connect/1", f"connect/{provider}")
        .replace("logout/1", f"logout/{provider}")
        for name, path in routes(site, "POST")
        if "oidc" in name
    ]

    answers = {path: client.post(path, csrf=False).status_code for path in posts}

    assert len(answers) == 5
    assert set(answers.values()) <= {400, 404}
