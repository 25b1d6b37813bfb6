"""Against a real, certified provider: the code flow with PKCE, its claims, and its sign-out."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from tests.auth.oidc.conftest import Traveller
from tests.auth.oidc.fake_provider import CLIENT_ID, CLIENT_SECRET
from tests.auth.oidc.real_provider import AtProvider, RealProvider, running
from tests.auth.visitor import find
from tests.conftest import MakeApp

from demijohn import db
from demijohn.auth.models import Role

pytestmark = pytest.mark.oidc
HOME = "http://localhost"


@pytest.fixture
def real() -> Iterator[RealProvider]:
    with running(HOME) as provider:
        yield provider


@pytest.fixture
def site(make_app: MakeApp, real: RealProvider) -> Flask:
    settings = {
        "issuer": real.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "label": "Certified",
        "provision": True, "allowed_domains": ["example.com"], "scopes": ["email", "profile", "groups"],
        "roles": {"sellers": "seller"},
    }  # fmt: skip
    site = make_app(auth={"oidc": {"real": settings}})
    with site.app_context():
        db.session.add(Role(name="seller"))
        db.session.commit()
    return site


def go(site: Flask, login: str) -> tuple[Traveller, AtProvider, Any]:
    visitor, there = Traveller(site), AtProvider(f"{HOME}/")
    answer = visitor.come_back(there.sign_in(visitor.leave("/auth/login/oidc/real"), login), "real")
    return visitor, there, answer


def test_somebody_signs_in_with_address_name_and_role_from_there(site: Flask) -> None:
    ada, _, answer = go(site, "ada")

    assert answer.status_code == 302, answer.text
    assert ada.is_signed_in()
    with site.app_context():
        user = find("ada@example.com")
        assert (user.name, [role.name for role in user.roles]) == ("Ada Lovelace", ["seller"])


def test_an_address_that_it_calls_unverified_opens_nothing(site: Flask) -> None:
    mallory, _, answer = go(site, "mallory")

    assert answer.status_code == 403
    assert "Your address is not confirmed" in answer.text
    assert not mallory.is_signed_in()


def test_a_role_goes_with_its_group(site: Flask, real: RealProvider) -> None:
    go(site, "ada")
    real.tell(people={"ada": {"email": "ada@example.com", "email_verified": True, "name": "Ada", "groups": []}})

    go(site, "ada")

    with site.app_context():
        assert find("ada@example.com").roles == []
