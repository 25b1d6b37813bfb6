"""What `flask check` says about mail."""

from typing import Any

import flask_mail
import pytest

from demijohn.checks import run_checks

KEY = "kJ8s!x-kJ9t!y-kJ7u!z-0123456789aBcDeF"


def found(app: Any, *, deploy: bool = True) -> dict[str, str]:
    return {p.id: p.fix for p in run_checks(app, deploy=deploy) if p.id.startswith("mail.")}


@pytest.mark.parametrize(
    ("mail", "ids"),
    [
        ({}, {"mail.E002"}),
        ({"backend": "console"}, {"mail.E001"}),
        ({"url": "smtp://mail.example.com"}, {"mail.W002"}),
        ({"url": "smtps://mail.example.com", "verify_tls": False}, {"mail.W003"}),
        ({"url": "smtps://u:p@mail.example.com"}, set()),
        ({"url": "smtp://localhost"}, set()),
    ],
    ids=["no server", "nothing sent", "in the clear", "unchecked", "TLS", "this machine"],
)
def test_a_production_application_is_told_what_would_go_wrong(make_app: Any, mail: Any, ids: set[str]) -> None:
    app = make_app(environment="production", public_url="https://shop.example", secret_key=KEY, mail=mail)

    assert set(found(app)) == ids
    assert found(app, deploy=False) == {}


def test_another_mail_object_in_our_place_is_noticed(make_app: Any) -> None:
    app = make_app()
    assert found(app, deploy=False) == {}
    flask_mail.Mail(app)

    assert "mail.init_app" in found(app, deploy=False)["mail.W001"]
