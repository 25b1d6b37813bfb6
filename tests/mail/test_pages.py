"""The development inbox: there in development, for this machine, with the message's HTML locked in."""

import re
from typing import Any

import flask_mail
import pytest
from flask import Flask

from demijohn import db
from demijohn.mail import send_mail


@pytest.fixture
def app(make_app: Any) -> Flask:
    made = make_app(environment="development")
    with made.app_context():
        send_mail(
            "ada@example.com",
            subject="Reset <now>",
            text="Open https://shop.example/reset/abc to go on.",
            html="<p>Open <a href='https://shop.example/reset/abc'>this</a></p><script>alert(1)</script>",
        )
        message = flask_mail.Message("Invoice", recipients=["bob@example.com"], body="See file")
        message.attach("a b.pdf", "application/pdf", b"%PDF")
        made.extensions["mail"].send(message)
        db.session.commit()
    return made


def test_the_inbox_lists_what_would_have_been_sent(app: Flask) -> None:
    page = app.test_client().get("/_dev/mail/").text

    assert "Reset &lt;now&gt;" in page
    assert "to ada@example.com" in page
    assert page.index("Invoice") < page.index("Reset")


def test_a_message_shows_its_text_with_links_and_its_html_in_a_frame(app: Flask) -> None:
    page = app.test_client().get("/_dev/mail/1/").text

    assert 'href="https://shop.example/reset/abc"' in page
    assert re.search(r'<iframe[^>]* sandbox="allow-popups allow-popups-to-escape-sandbox"', page)
    assert "<script>alert" not in page


def test_the_html_of_a_message_runs_nothing(app: Flask) -> None:
    response = app.test_client().get("/_dev/mail/1/html")
    policy = response.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy


def test_files_come_as_downloads(app: Flask) -> None:
    response = app.test_client().get("/_dev/mail/2/files/0")

    assert response.data == b"%PDF"
    assert response.headers["Content-Disposition"] == 'attachment; filename="a b.pdf"'
    assert response.mimetype == "application/octet-stream"
    assert app.test_client().get("/_dev/mail/2/files/9").status_code == 404


def test_the_source_is_plain_text(app: Flask) -> None:
    response = app.test_client().get("/_dev/mail/1/source")

    assert response.mimetype == "text/plain"
    assert b"Message-ID:" in response.data


@pytest.mark.parametrize("path", ["", "1/", "1/html", "1/source", "2/files/0"])
@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"HTTP_VIA": "1.1 proxy"},
    ],
    ids=["another machine", "X-Forwarded-For", "Forwarded", "Via"],
)
def test_nobody_else_sees_the_inbox(app: Flask, path: str, environ: dict[str, str]) -> None:
    assert app.test_client().get(f"/_dev/mail/{path}", environ_overrides=environ).status_code == 404


KEY = "kJ8s!x-kJ9t!y-kJ7u!z-0123456789aBcDeF"


@pytest.mark.parametrize("environment", ["testing", "production"])
def test_the_inbox_is_not_even_registered_elsewhere(make_app: Any, environment: str) -> None:
    app = make_app(
        environment=environment, public_url="https://shop.example", secret_key="kJ8s!x-" * 3 + "0123456789aBcDeF"
    )

    assert not any(rule.rule.startswith("/_dev") for rule in app.url_map.iter_rules())


def test_a_message_that_is_not_there_is_not_found(app: Flask) -> None:
    assert app.test_client().get("/_dev/mail/99/").status_code == 404


def test_the_inbox_pages_obey_their_own_policy(app: Flask) -> None:
    response = app.test_client().get("/_dev/mail/1/")
    policy = response.headers["Content-Security-Policy"]

    for nonce in re.findall(r'<style nonce="([^"]*)"', response.text):
        assert f"'nonce-{nonce}'" in policy
    assert " style=" not in response.text
    assert " onclick" not in response.text
