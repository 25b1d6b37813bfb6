"""MAIL_URL, and who delivers where."""

from typing import Any

import pytest
from pydantic import ValidationError

from demijohn.mail.settings import MailSettings
from demijohn.mail.state import mail_of


@pytest.mark.parametrize(
    ("url", "keys"),
    [
        ("smtp://localhost", ("localhost", 25, False, False, None, None)),
        ("smtp://mail.example.com:2525", ("mail.example.com", 2525, False, False, None, None)),
        ("smtp://u:p%40ss@mail.example.com", ("mail.example.com", 25, False, True, "u", "p@ss")),
        ("smtp://u:p@127.0.0.1:1025", ("127.0.0.1", 1025, False, False, "u", "p")),
        ("smtp://mail.example.com:587", ("mail.example.com", 587, False, True, None, None)),
        ("smtp+tls://u:p@mail.example.com", ("mail.example.com", 587, False, True, "u", "p")),
        ("smtps://u%40example.com:p@mail.example.com", ("mail.example.com", 465, True, False, "u@example.com", "p")),
        ("smtps://[::1]:465", ("::1", 465, True, False, None, None)),
    ],
)
def test_an_address_of_the_server_fills_flask_mails_keys(url: str, keys: tuple[Any, ...]) -> None:
    config = MailSettings(url=url).flask_config()

    names = ("MAIL_SERVER", "MAIL_PORT", "MAIL_USE_SSL", "MAIL_USE_TLS", "MAIL_USERNAME", "MAIL_PASSWORD")
    assert tuple(config[name] for name in names) == keys


@pytest.mark.parametrize(
    "url",
    ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:hunter2x", "smtp://h/path", "smtp://h?tls=1"],
)
def test_a_malformed_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MailSettings(url=url)

    assert "hunter2" not in str(caught.value)
    assert "smtps://" in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "mail", "backend"),
    [
        ("testing", {}, "memory"),
        ("development", {}, "console"),
        ("development", {"url": "smtp://localhost:1025"}, "smtp"),
        ("testing", {"backend": "smtp"}, "smtp"),
    ],
)
def test_the_environment_chooses_where_mail_goes(make_app: Any, environment: str, mail: Any, backend: str) -> None:
    app = make_app(environment=environment, mail=mail)

    assert mail_of(app).backend.name == backend
