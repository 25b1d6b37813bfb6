"""The one module that imports Flask-Mail: its object writes to the outbox, its connection sends what is in there.

Flask-Mail 0.10 opens connections without a time limit and does not check certificates; ours do both.
"""

import smtplib
import ssl
import time
from typing import Any, Self, cast

from flask import Flask, current_app
from flask_mail import Connection, Mail, Message, email_dispatched

from demijohn.mail.backends import Line, UnreachableError
from demijohn.mail.compose import Parcel
from demijohn.mail.rules import Answer, address_of, checked_line, short_answer
from demijohn.mail.settings import MailSettings
from demijohn.mail.state import hand_over, mail_of


class OutboxMail(Mail):
    """Flask-Mail's object, kept at `app.extensions["mail"]`: `send(message)` adds an outbox row to `db.session`."""

    def init_app(self, app: Flask) -> Any:
        self.state = super().init_app(app)
        app.extensions["mail"] = self
        return self.state

    def connect(self) -> "OutboxConnection":
        return OutboxConnection(self)


class OutboxConnection(Connection):
    """What `with mail.connect() as connection:` gives; no connection to a server at all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...

    def send(self, message: Message, envelope_from: str | tuple[str, str] | None = None) -> None:
        hand_over(parcel_of(message, envelope_from))
        email_dispatched.send(current_app._get_current_object(), message=message)  # type: ignore[attr-defined]


def parcel_of(message: Message, envelope_from: str | tuple[str, str] | None = None) -> Parcel:
    """A Flask-Mail message as it will be sent, with its attachments, copies and headers.

    Raises:
        ValueError: nobody to send it to, no sender, an address that is none, or a header of more than one line.
    """
    if not message.send_to:
        raise ValueError("the message has no recipients.")
    if not message.sender:
        raise ValueError("the message has no sender; set FLASK_MAIL__DEFAULT_SENDER or pass sender=.")
    refuse_bad_headers(message)
    if message.date is None:
        message.date = time.time()
    in_order = [*message.recipients, *message.cc, *message.bcc]
    return Parcel(
        sender=address_of(envelope_from or message.sender).addr_spec,
        recipients=tuple(dict.fromkeys(address_of(one).addr_spec for one in in_order)),
        subject=str(message.subject or ""),
        message_id=message.msgId,
        raw=message.as_bytes(),
    )


def refuse_bad_headers(message: Message) -> None:
    for one in (message.sender, message.reply_to, *message.recipients, *message.cc, *message.bcc):
        if one:
            address_of(one)
    checked_line(str(message.subject or ""), "subject")
    for name, value in (message.extra_headers or {}).items():
        checked_line(f"{name}: {value}", f"header {name!r}")
    for attachment in message.attachments:
        checked_line(attachment.filename or "", "attachment's name")
        for name, value in attachment.headers.items():
            checked_line(f"{name}: {value}", f"attachment's header {name!r}")


class SmtpConnection(Connection):
    """A connection to the mail server, with a limit for connecting and for each answer."""

    def __init__(self, mail: Mail, section: MailSettings) -> None:
        super().__init__(mail)
        self.section = section

    def configure_host(self) -> smtplib.SMTP:
        mail, timeout = self.mail, self.section.timeout_seconds
        if mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(mail.server, mail.port, timeout=timeout, context=self.tls())
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=timeout)
        try:
            self.prepare(host)
        except BaseException:
            host.close()
            raise
        return host

    def prepare(self, host: smtplib.SMTP) -> None:
        if self.mail.use_tls:
            host.starttls(context=self.tls())
        if self.mail.username and self.mail.password:
            host.login(self.mail.username, self.mail.password)

    def tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.section.verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class SmtpLine:
    """One conversation with the server, for as many messages as there are."""

    def __init__(self, host: smtplib.SMTP) -> None:
        self.host = host

    def send(self, sender: str, recipients: list[str], raw: bytes) -> dict[str, Answer]:
        """What the server said about each recipient.

        Raises:
            UnreachableError: the conversation broke off.
        """
        options = ["BODY=8BITMIME"] if not raw.isascii() and self.host.has_extn("8bitmime") else []
        try:
            refused = self.host.sendmail(sender, recipients, raw, mail_options=options)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPServerDisconnected as error:
            raise UnreachableError(describe(error)) from error
        except smtplib.SMTPResponseException as error:
            return dict.fromkeys(recipients, answer(error.smtp_code, error.smtp_error))
        except (OSError, smtplib.SMTPException) as error:
            raise UnreachableError(describe(error)) from error
        accepted = dict.fromkeys(recipients, Answer("sent"))
        return accepted | {one: answer(code, text) for one, (code, text) in refused.items()}

    def close(self) -> None:
        try:
            self.host.quit()
        except (OSError, smtplib.SMTPException):
            self.host.close()


def answer(code: int, text: bytes | str) -> Answer:
    """5xx is for good, anything else for now (RFC 5321, 4.2.1)."""
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return Answer("failed" if 500 <= code < 600 else "waiting", short_answer(f"{code} {words}"))


def describe(error: Exception) -> str:
    """The fault in words; a wrong password's answer without what was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return answer(error.smtp_code, error.smtp_error).text
    if isinstance(error, TimeoutError) or "timed out" in str(error):  # smtplib wraps some of them
        return "no answer in time"
    return short_answer(f"{type(error).__name__}: {error}")


class SmtpBackend:
    """Sends to the server that the MAIL_… keys name."""

    name = "smtp"
    keeps_text = False
    delivers = True

    def __init__(self, app: Flask) -> None:
        self.app = app

    def open(self) -> Line:
        section = mail_of(self.app).section
        try:
            host = SmtpConnection(self.app.extensions["mail"], section).configure_host()
        except (OSError, smtplib.SMTPException) as error:
            raise UnreachableError(describe(error)) from error
        return cast("Line", SmtpLine(host))


def start_flask_mail(app: Flask) -> None:
    """Put our Flask-Mail at `app.extensions["mail"]`."""
    OutboxMail(app)
