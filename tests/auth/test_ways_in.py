"""Ways in are counted together: nobody takes their last one away, and nobody is kept from taking one of two."""

import pytest
from flask import Flask
from tests.auth.visitor import find, make_user
from tests.conftest import MakeApp

from demijohn import db
from demijohn.auth.capabilities import count_ways
from demijohn.auth.guards import Refused
from demijohn.auth.oidc.models import Identity
from demijohn.auth.oidc.people import Turned, disconnect
from demijohn.auth.passkeys.keeping import remove_passkey
from demijohn.auth.passkeys.models import Passkey

pytestmark = pytest.mark.extra

PROVIDER = {"issuer": "https://id.example", "client_id": "shop", "client_secret": "not-a-real-one"}


@pytest.fixture
def site(make_app: MakeApp) -> Flask:
    """Somebody without a password, with one passkey and one account at a provider."""
    auth = {"passkeys": {"enabled": True}, "oidc": {"main": PROVIDER}}
    app = make_app(public_url="http://localhost", auth=auth)
    number = make_user(app, password=None)
    with app.app_context():
        db.session.add(Identity(user_id=number, provider="main", issuer=PROVIDER["issuer"], subject="ada"))
        db.session.add(
            Passkey(
                user_id=number,
                name="Phone",
                credential_digest="d",
                credential_id=b"c",
                public_key=b"k",
                rp_id="localhost",
            )
        )
        db.session.commit()
    return app


def test_the_identity_can_go_while_there_is_a_passkey_and_then_the_passkey_stays(site: Flask) -> None:
    with site.test_request_context():
        ada = find("ada@example.com")
        (identity,), (passkey,) = db.session.query(Identity).all(), db.session.query(Passkey).all()

        assert count_ways(ada) == 2
        assert disconnect(ada, identity.id)
        with pytest.raises(Refused, match="only way into your account"):
            remove_passkey(ada, passkey.id)
        assert count_ways(ada) == 1


def test_the_passkey_can_go_while_there_is_an_identity_and_then_the_identity_stays(site: Flask) -> None:
    with site.test_request_context():
        ada = find("ada@example.com")
        (identity,), (passkey,) = db.session.query(Identity).all(), db.session.query(Passkey).all()

        assert remove_passkey(ada, passkey.id)
        with pytest.raises(Turned):
            disconnect(ada, identity.id)
        assert count_ways(ada) == 1
