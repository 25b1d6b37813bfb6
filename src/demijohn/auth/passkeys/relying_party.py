"""Who we are to a passkey: the host name it is made for, and the origin our pages have.

Both come from PUBLIC_URL, never from a request's Host: whoever could choose the name could have passkeys made for it.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from demijohn.security.urls import origin_of
from demijohn.state import state_of

LOCAL = "localhost"
"""The name without a PUBLIC_URL: in development, where browsers need no certificate for it."""


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """WebAuthn's name for the site.

    Attributes:
        id: the host name; a passkey works at this one only.
        origin: scheme, host and any unusual port, as the browser signs it.
        name: what people call the application.
    """

    id: str
    origin: str
    name: str


def relying_party() -> RelyingParty:
    """This application, as a request meets it; in development without a PUBLIC_URL at the port that was asked."""
    url = state_of().public_url or f"{request.scheme}://{LOCAL}:{request.environ['SERVER_PORT']}"
    return RelyingParty(id=host_name(), origin=origin_of(in_ascii(url)), name=state_of().name)


def host_name() -> str:
    """The host name that passkeys are made for and work at."""
    return urlsplit(in_ascii(state_of().public_url or f"http://{LOCAL}")).hostname or LOCAL


def in_ascii(url: str) -> str:
    """An address with its host as browsers write it (`bücher.example` is `xn--bcher-kva.example`)."""
    host = urlsplit(url).hostname or ""
    return url if host.isascii() else url.replace(host, host.encode("idna").decode(), 1)
