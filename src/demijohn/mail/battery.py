"""The mail battery."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from markupsafe import Markup

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


def state_cell(view: Any, context: Any, mail: Any, name: str) -> Markup:
    """Flask-Admin's formatter: the state as the dashboard shows choices."""
    del view, context, name
    return Markup('<span class="dj-enum" data-value="{0}">{0}</span>').format(mail.state)


def recipients_cell(view: Any, context: Any, mail: Any, name: str) -> Markup:
    """Flask-Admin's formatter: each recipient with their state and what the server said last."""
    del view, context, name
    parts = ((one["address"], one["state"], one["answer"]) for one in mail.recipients)
    lines = (" · ".join(part for part in one if part) for one in parts)
    return Markup("<br>").join(lines)


def admin_views(section: MailSettings) -> tuple[AdminView, ...]:
    del section
    view = AdminView(
        model=OutgoingMail,
        name="Outgoing mail",
        columns=("created_at", "purpose", "subject", "addresses", "state", "tries", "sent_at", "last_answer"),
        searchable=("subject", "purpose"),
        filters=("created_at", "purpose", "state"),
        options={
            "column_default_sort": ("id", True),
            "column_exclude_list": ("body",),
            "column_formatters": {"state": state_cell},
            "column_formatters_detail": {"state": state_cell, "recipients": recipients_cell},
            "column_labels": {"addresses": "Recipients", "last_answer": "Last answer"},
            "get_empty_list_message": lambda _: "No mail has been sent yet.",
        },
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
