"""Applications that know a provider, and people who come through it."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from tests.auth.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET, FakeProvider, running, with_answer
from tests.auth.visitor import Visitor
from tests.conftest import MakeApp
from werkzeug.test import TestResponse


@pytest.fixture
def fake() -> Iterator[FakeProvider]:
    with running(FakeProvider()) as provider:
        yield provider


def section(provider: FakeProvider, **values: Any) -> dict[str, Any]:
    return {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **values}


@pytest.fixture
def make_site(make_app: MakeApp, fake: FakeProvider) -> Any:
    """A function that makes an application with the fake provider as `main`: `make_site(provision=True)`."""

    def make(others: dict[str, Any] | None = None, settings: dict[str, Any] | None = None, **values: Any) -> Flask:
        auth = {"oidc": {"main": section(fake, label="Main Street", **values), **(others or {})}}
        return make_app(auth=auth, **(settings or {}))

    return make


class Traveller(Visitor):
    """Goes to the provider and comes back."""

    def leave(self, page: str = "/auth/login/oidc/main", **fields: Any) -> str:
        """The address at the provider that the button leads to."""
        answer = self.post(page, fields, page="/auth/login")
        assert answer.status_code == 200, answer.text
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
        assert found, answer.text
        return html.unescape(found[1])

    def come_back(self, answer: dict[str, str], provider: str = "main", **options: Any) -> TestResponse:
        return self.get(with_answer(f"/auth/callback/{provider}", answer), **options)

    def travel(self, fake: FakeProvider, **lies: str) -> TestResponse:
        """All the way: the button, the provider, and back."""
        return self.come_back({**fake.grant(self.leave()), **lies})
