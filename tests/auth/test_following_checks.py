"""What `flask check --deploy` says of providers and proxies that let in more than was meant."""

from typing import Any

import pytest
from flask import Flask
from tests.conftest import MakeApp

from demijohn import db
from demijohn.auth.following.checks import CHECKS
from demijohn.auth.models import Role

PROVIDER = {"issuer": "https://login.example.com", "client_id": "shop"}
PROXY = {"source": "header", "networks": ["10.0.0.5"]}


def ids(app: Flask) -> set[str]:
    with app.app_context():
        return {problem.id for check in CHECKS for problem in check.run(app)}


@pytest.mark.parametrize(
    ("auth", "found"),
    [
        ({"oidc": {"main": PROVIDER}, "remote_user": PROXY}, set()),
        ({"oidc": {"main": {**PROVIDER, "provision": True}}}, {"auth.W071"}),
        ({"oidc": {"main": {**PROVIDER, "provision": True, "allowed_domains": ["example.com"]}}}, set()),
        ({"oidc": {"main": {**PROVIDER, "link_by_email": True}}}, {"auth.W072"}),
        ({"oidc": {"main": {**PROVIDER, "trusts_second_factor": "always"}}}, {"auth.I070"}),
        ({"oidc": {"main": {**PROVIDER, "roles": {"A": "seller,boss"}}}}, {"auth.W074"}),
        ({"oidc": {"main": {**PROVIDER, "roles": {"A": "seller"}}}}, set()),
        ({"remote_user": {**PROXY, "networks": ["0.0.0.0/0"]}}, {"auth.W073"}),
        ({"remote_user": {**PROXY, "networks": ["10.0.0.0/24", "fd00::/64"]}}, set()),
        ({"remote_user": {**PROXY, "networks": ["fd00::/8"]}}, {"auth.W073"}),
        ({"remote_user": {**PROXY, "default_roles": ["nobody"]}}, {"auth.W074"}),
    ],
)
def test_weak_choices_are_named(make_app: MakeApp, auth: dict[str, Any], found: set[str]) -> None:
    app = make_app(auth=auth, security={"proxies": 1})
    with app.app_context():
        db.session.add(Role(name="seller"))
        db.session.commit()

    assert ids(app) == found


def test_plain_http_is_named_in_production(make_app: MakeApp) -> None:
    local = {**PROVIDER, "issuer": "http://127.0.0.1:9000"}
    plain = make_app(auth={"oidc": {"main": local}})
    live = make_app(auth={"oidc": {"main": local}}, environment="production", public_url="https://shop.example.com")

    assert (ids(plain), ids(live)) == (set(), {"auth.W070"})
