"""What `flask check` asks about mail."""

from collections.abc import Iterator

from flask import Flask

from demijohn.configuration.rules import is_loopback
from demijohn.contributions import Check, Problem
from demijohn.mail.state import mail_of
from demijohn.mail.transport import OutboxMail
from demijohn.state import state_of


def whole_door(app: Flask) -> Iterator[Problem]:
    """Whether `app.extensions["mail"]` still leads to the outbox."""
    if not isinstance(app.extensions.get("mail"), OutboxMail):
        yield Problem(
            id="mail.W001",
            level="warning",
            text="another Mail object replaced ours: what it sends goes past the outbox and holds the request.",
            fix='remove Mail(app) and mail.init_app(app); use app.extensions["mail"] or demijohn.mail.send_mail.',
        )


def ready_to_send(app: Flask) -> Iterator[Problem]:
    """Whether mail of this production application would arrive, and travel safely."""
    mail = mail_of(app)
    server = app.config.get("MAIL_SERVER")
    if state_of(app).environment == "production" and mail.backend.name != "smtp":
        yield Problem(
            id="mail.E001",
            level="error",
            text=f"nothing is sent: the backend is {mail.backend.name!r}.",
            fix="remove FLASK_MAIL__BACKEND and set MAIL_URL.",
        )
    elif mail.backend.name == "smtp" and not server:
        yield Problem(
            id="mail.E002",
            level="error",
            text="no mail server is set, so mail waits in the outbox.",
            fix="set MAIL_URL=smtps://user:password@mail.example.com:465, or FLASK_FEATURES__MAIL=false.",
        )
    if server and not is_loopback(server):
        yield from safe_on_the_way(app)


def safe_on_the_way(app: Flask) -> Iterator[Problem]:
    if not (app.config.get("MAIL_USE_TLS") or app.config.get("MAIL_USE_SSL")):
        yield Problem(
            id="mail.W002",
            level="warning",
            text=f"mail goes to {app.config['MAIL_SERVER']} unencrypted, with its reset links.",
            fix="use smtps:// or smtp+tls:// in MAIL_URL.",
        )
    elif not mail_of(app).section.verify_tls:
        yield Problem(
            id="mail.W003",
            level="warning",
            text="the mail server's certificate is not checked, so anybody on the way can read mail.",
            fix="remove FLASK_MAIL__VERIFY_TLS; for an own authority set SSL_CERT_FILE to its certificate.",
        )


CHECKS = (
    Check(name="mail door", run=whole_door),
    Check(name="mail server", run=ready_to_send, deploy=True),
)
