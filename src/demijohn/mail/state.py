"""What the mail battery keeps of one application, at `app.extensions["demijohn.mail"]`."""

from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

from demijohn.errors import SetupError
from demijohn.mail.backends import Backend
from demijohn.mail.compose import Parcel
from demijohn.mail.models import OutgoingMail
from demijohn.mail.outbox import put_in
from demijohn.mail.postman import Postman
from demijohn.mail.settings import MailSettings

KEY = "demijohn.mail"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The settings, where mail goes, and who takes it there."""

    section: MailSettings
    backend: Backend
    postman: Postman


def mail_of(app: Flask | None = None) -> Mail:
    """The mail of this application, or of the current one.

    Raises:
        SetupError: the battery is off.
    """
    found: Mail | None = (app or current_app).extensions.get(KEY)
    if found is None:
        raise SetupError("mail is off in this application.", fix="set FLASK_FEATURES__MAIL=true.")
    return found


def hand_over(parcel: Parcel, *, purpose: str = "message", expires_at: datetime | None = None) -> OutgoingMail:
    """Put the parcel into the outbox with the caller's transaction; once that commits, delivery starts."""
    mail = mail_of()
    row = put_in(parcel, mail.section, purpose=purpose, expires_at=expires_at)
    mail.postman.watch_commit()
    return row
