"""Rules about whom a proxy names: pure functions over plain values.

Imports neither Flask nor the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from demijohn.auth.addresses import AddressError, normalise_address

LONGEST = 255


@dataclass(frozen=True, kw_only=True)
class Named:
    """Whom a proxy that is believed names in one request.

    Attributes:
        subject: as it wrote them; None if it wrote something that names nobody or several.
        email: what the account is found by; None if that is no address.
    """

    subject: str | None
    email: str | None
    name: str
    groups: frozenset[str]


def is_from(peer: str, networks: Sequence[str]) -> bool:
    """Whether the other end of the connection is in one of the networks."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ip_network(network) for network in networks)


def text_of(written: str) -> str | None:
    """A header's text: UTF-8 as WSGI passes it on; None for what is no text of one line, or too long."""
    try:
        text = written.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return None
    return text if len(text) <= LONGEST and text.isprintable() else None


def subject_of(written: str) -> str | None:
    """Whom a header names; a comma means that it came twice, so somebody may have put a second one before ours."""
    text = text_of(written)
    return None if not text or "," in text else text


def address_of(subject: str | None, domain: str) -> str | None:
    if subject is None:
        return None
    try:
        return normalise_address(subject if "@" in subject or not domain else f"{subject}@{domain}")
    except AddressError:
        return None


def groups_of(written: str) -> frozenset[str]:
    """The groups of a header, at most a thousand."""
    try:
        text = written.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return frozenset()
    return frozenset(part.strip() for part in text.split(",")[:1_000] if part.strip())
