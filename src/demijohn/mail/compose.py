"""Makes a message of text and HTML, and the parcel that goes into the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from demijohn import clock
from demijohn.mail.rules import checked_line

POLICY = SMTP.clone(cte_type="7bit")  # any server takes it, also one without 8BITMIME


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A message ready to be sent: the envelope and the bytes, which never change between tries.

    Attributes:
        sender: envelope From, without a name.
        recipients: envelope To, without names; includes blind copies, which the bytes do not name.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    raw: bytes


def compose(sender: Address, to: Sequence[Address], *, subject: str, text: str, html: str | None) -> Parcel:
    """A message with a text and, if given, an HTML form of it.

    Raises:
        ValueError: a subject of more than one line.
    """
    message = EmailMessage(policy=POLICY)
    message["Subject"] = checked_line(subject, "subject")
    message["From"] = sender
    message["To"] = list(to)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: absence notes do not answer it
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return Parcel(
        sender=sender.addr_spec,
        recipients=tuple(dict.fromkeys(one.addr_spec for one in to)),
        subject=subject,
        message_id=str(message["Message-ID"]),
        raw=message.as_bytes(),
    )
