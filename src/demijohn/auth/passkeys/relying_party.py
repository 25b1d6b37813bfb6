"""Who we are to a passkey: the host name it is made for, and the origin our pages have.

Both come from PUBLIC_URL, never from a request's Host: whoever could choose the name could have passkeys made for it.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import request

from demijohn.security.urls import origin_of
from demijohn.state import state_of


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
    """This application; in development without a PUBLIC_URL it is `localhost`, at the port that was asked."""
    state = state_of()
    url = in_ascii(state.public_url or f"{request.scheme}://localhost:{request.environ['SERVER_PORT']}")
    return RelyingParty(id=str(urlsplit(url).hostname), origin=origin_of(url), name=state.name)


def in_ascii(url: str) -> str:
    """An address with its host as browsers write it (`bücher.example` is `xn--bcher-kva.example`)."""
    host = urlsplit(url).hostname or ""
    return url if host.isascii() else url.replace(host, host.encode("idna").decode(), 1)
