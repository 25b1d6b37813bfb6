"""The mail battery."""

from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from demijohn.battery import Battery
from demijohn.commands import LazyGroup
from demijohn.contributions import AdminView, Job
from demijohn.mail import pruning
from demijohn.mail.backends import Backend, ConsoleBackend, MemoryBackend, chosen_name
from demijohn.mail.checks import CHECKS
from demijohn.mail.models import OutgoingMail
from demijohn.mail.pages import inbox_blueprint
from demijohn.mail.postman import Postman
from demijohn.mail.settings import MailSettings
from demijohn.mail.state import KEY, Mail
from demijohn.mail.transport import SmtpBackend, start_flask_mail
from demijohn.state import state_of


def init(app: Flask, section: MailSettings) -> None:
    state = state_of(app)
    if not app.config.get("MAIL_DEFAULT_SENDER"):
        app.config["MAIL_DEFAULT_SENDER"] = f"no-reply@{urlsplit(state.public_url or '').hostname or 'localhost'}"
    start_flask_mail(app)
    backend = backend_of(app, chosen_name(app, state.environment, section.backend))
    postman = Postman(app, section, backend)
    app.extensions[KEY] = Mail(section=section, backend=backend, postman=postman)
    app.before_request(postman.look_once)
    app.teardown_appcontext(postman.warn_of_uncommitted)
    if state.environment == "development":
        app.register_blueprint(inbox_blueprint())


def backend_of(app: Flask, name: str) -> Backend:
    if name == "smtp":
        return SmtpBackend(app)
    return ConsoleBackend() if name == "console" else MemoryBackend()


def models(section: MailSettings) -> tuple[type, ...]:
    del section
    return (OutgoingMail,)


def admin_views(section: MailSettings) -> tuple[AdminView, ...]:
    del section
    view = AdminView(
        model=OutgoingMail,
        name="Outgoing mail",
        columns=("created_at", "purpose", "subject", "addresses", "state", "tries", "sent_at", "last_answer"),
        searchable=("subject", "purpose"),
        filters=("created_at", "purpose", "state"),
        options={"column_default_sort": ("id", True), "column_exclude_list": ("body",)},
    )
    return (view,)


battery = Battery(
    name="mail",
    section=MailSettings,
    init=init,
    needs=("database",),
    models=models,
    commands=(LazyGroup("mail", home="demijohn.mail.cli:group", help="Send a test message, look at the outbox."),),
    checks=CHECKS,
    jobs=(Job(name="old messages", run=pruning.prune, waiting=pruning.done, prunes=True),),
    templates=Path(__file__).parent / "templates",
    admin_views=admin_views,
)
"""Mail through an outbox in the caller's transaction, delivered outside the request."""
