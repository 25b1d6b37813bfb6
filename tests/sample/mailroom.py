"""A real mail server on loopback whose answers a test decides, and one round of delivery."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from demijohn import db
from demijohn.mail.delivery import Tally
from demijohn.mail.models import OutgoingMail
from demijohn.mail.state import mail_of


@dataclass
class Received:
    sender: str
    recipients: list[str]
    raw: bytes


@dataclass
class Mailroom:
    """What the server got, and what it says to each recipient and to each message (`None` is yes)."""

    received: list[Received] = field(default_factory=list)
    to_recipient: Callable[[str], str | None] = lambda address: None
    to_message: Callable[[], str | None] = lambda: None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, *rest: Any) -> str:  # noqa: N802 - aiosmtpd's name
        said = self.to_recipient(address)
        if said is not None:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        said = self.to_message()
        if said is not None:
            return said
        self.received.append(Received(envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 queued"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def deliver(app: Flask) -> Tally:
    """One round, as the thread does it."""
    return mail_of(app).postman.new_round().run()


def states(app: Flask) -> list[str]:
    with app.app_context():
        return [row.state for row in db.session.query(OutgoingMail).order_by(OutgoingMail.id)]
