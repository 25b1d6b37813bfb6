"""send_mail: the way most mail starts."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from typing import Any

from flask import current_app, render_template
from jinja2 import TemplateNotFound

from demijohn.mail.compose import compose
from demijohn.mail.models import OutgoingMail
from demijohn.mail.rules import address_of
from demijohn.mail.state import hand_over, mail_of

OneAddress = str | tuple[str, str] | Address


def send_mail(  # noqa: PLR0913 - keywords, each optional
    to: OneAddress | Sequence[OneAddress],
    *,
    subject: str,
    template: str | None = None,
    text: str | None = None,
    html: str | None = None,
    purpose: str = "message",
    expires_at: datetime | None = None,
    **context: Any,
) -> OutgoingMail:
    """Put a message into the outbox with `db.session`: it is sent once you commit, and never if you roll back.

    Args:
        to: `ada@example.com`, `Ada <ada@example.com>`, `("Ada", "ada@example.com")`, or several of these.
        subject: one line.
        template: renders `<template>.txt`, and `<template>.html` if there is one, with `context`.
        text, html: the message itself, instead of a template; the text is required.
        purpose: what it is for, as shown in the outbox: `auth.reset`.
        expires_at: when it is no use any more (aware); not sent after that, and wiped.

    Raises:
        ValueError: no text, an address that is none, or a subject of more than one line.
        SetupError: mail is off.
    """
    mail_of()  # off? say so before anything is rendered
    if template is not None:
        context["subject"] = subject
        text = text if text is not None else render_template(f"{template}.txt", **context)
        html = html if html is not None else rendered_if_there(f"{template}.html", context)
    if text is None:
        raise ValueError("a message needs a text: pass template='…' (renders ….txt) or text='…'.")
    parcel = compose(sender(), addresses(to), subject=subject, text=text, html=html)
    return hand_over(parcel, purpose=purpose, expires_at=expires_at)


def rendered_if_there(name: str, context: dict[str, Any]) -> str | None:
    try:
        current_app.jinja_env.get_template(name)
    except TemplateNotFound:
        return None
    return render_template(name, **context)


def addresses(to: OneAddress | Sequence[OneAddress]) -> list[Address]:
    if isinstance(to, Address):
        return [to]
    given: list[Any] = [to] if isinstance(to, str) or is_named(to) else list(to)
    if not given:
        raise ValueError("a message needs somebody to go to: to='ada@example.com'.")
    return [one if isinstance(one, Address) else address_of(one) for one in given]


def is_named(to: object) -> bool:
    """Whether this is a name with its address, as against two addresses."""
    return isinstance(to, tuple) and len(to) == 2 and isinstance(to[0], str) and "@" not in to[0]


def sender() -> Address:
    return address_of(current_app.config["MAIL_DEFAULT_SENDER"])
