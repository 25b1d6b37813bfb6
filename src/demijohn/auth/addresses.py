"""E-mail addresses: one written form per mailbox, decided here and used by every door.

Imports neither Flask nor the database.
"""

import unicodedata

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254
"""Characters; the longest address SMTP can carry (RFC 5321, erratum 1690)."""


INTERNAL = ("localhost", "local", "test", "example", "onion")
"""Reserved endings that networks of their own use; email-validator refuses them, we do not."""

STAND_IN = ".example.com"
"""What email-validator is shown after an internal name, so that it judges everything else."""


class AddressError(ValueError):
    """The text is no e-mail address; the message says why, for people."""


def normalise_address(text: str) -> str:
    """The one form in which an address is stored and compared: NFC, lower case, Unicode domain.

    Names without a dot and reserved ones (`ada@intranet`, `admin@shop.localhost`) are accepted: business networks
    have them, and nothing here asks the DNS.

    Raises:
        AddressError: it is no address.
    """
    written = encodable(text).strip().lower()
    suffix = STAND_IN if written.rpartition("@")[2].rpartition(".")[2] in INTERNAL else ""
    try:
        found = validate_email(
            written + suffix, check_deliverability=False, globally_deliverable=False, allow_smtputf8=True
        )
    except EmailNotValidError as error:
        raise AddressError(str(error)) from None
    return found.normalized.lower().removesuffix(suffix)


def comparable_address(text: str) -> str:
    """The normal form, or for what is no address a harmless text that no account has."""
    try:
        return normalise_address(text)
    except AddressError:
        return unicodedata.normalize("NFC", encodable(text).replace("\0", "").strip().lower())[:MAX_LENGTH]


def encodable(text: str) -> str:
    """The text without lone surrogates, which JSON can carry and no database can store."""
    return text.encode("utf-8", "replace").decode()
