"""One provider while the application runs: what its documents say, kept for an hour, and whether it answers at all."""

import threading
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from demijohn.auth.extension import auth_of
from demijohn.auth.oidc.asking import Patience, ProviderError, UnreachableError, ask
from demijohn.auth.oidc.settings import OidcProvider, address_problem
from demijohn.clock import now

NAME = "demijohn.auth.oidc"
KEPT_SECONDS = 3_600
KEYS_AGAIN_SECONDS = 10
"""A key we do not know makes us ask for the keys again, at most this often."""
PAUSE_SECONDS = 30
"""After it did not answer, nobody waits for it again for this long (in this process)."""
REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")


@dataclass(frozen=True)
class Kept:
    """A document and when it came (seconds since 1970)."""

    document: dict[str, Any]
    at: float


class Provider:
    """What this process knows of one provider; shared by its threads."""

    def __init__(self, name: str, section: OidcProvider) -> None:
        self.name = name
        self.section = section
        self.label = section.label or name.replace("_", " ").capitalize()
        self.paused_until = 0.0
        self._discovered: Kept | None = None
        self._keys: Kept | None = None
        self._lock = threading.Lock()

    def metadata(self, patience: Patience) -> dict[str, Any]:
        """Its discovery document, checked.

        Raises:
            UnreachableError: it does not answer, or did not a moment ago.
            ProviderError: the document is not what it has to be.
        """
        kept = self._discovered
        if kept is None or seconds_now() - kept.at > KEPT_SECONDS:
            default = f"{self.section.issuer.rstrip('/')}/.well-known/openid-configuration"
            document = self.document(self.section.discovery_url or default, patience)
            refuse_odd_metadata(document, self.section.issuer)
            kept = self._discovered = Kept(document, seconds_now())
        return kept.document

    def keys(self, patience: Patience, *, again: bool = False) -> dict[str, Any]:
        """Its public keys; asked for anew if they are old, or if one was missing and it is a while ago."""
        uri = self.metadata(patience)["jwks_uri"]
        kept, age = self._keys, seconds_now() - (self._keys.at if self._keys else 0)
        if kept is None or age > KEPT_SECONDS or (again and age > KEYS_AGAIN_SECONDS):
            kept = self._keys = Kept(self.document(uri, patience), seconds_now())
        return kept.document

    def document(self, url: str, patience: Patience) -> dict[str, Any]:
        answer = self.ask(url, patience)
        answer.raise_for_status()
        try:
            found = answer.json()
        except ValueError:
            raise ProviderError("it answered with something that is no JSON") from None
        if not isinstance(found, dict):
            raise ProviderError("it answered with something that is no JSON object")
        return found

    def ask(self, url: str, patience: Patience, **options: Any) -> Any:
        """Ask it, unless it did not answer a moment ago.

        Raises:
            UnreachableError: it does not answer; nobody asks again for half a minute.
        """
        if seconds_now() < self.paused_until:
            raise UnreachableError("it did not answer a moment ago")
        try:
            answer = ask(url, patience, **options)
        except UnreachableError:
            self.paused_until = seconds_now() + PAUSE_SECONDS
            raise
        if answer.status_code >= 500:
            self.paused_until = seconds_now() + PAUSE_SECONDS
            raise UnreachableError(f"it answered with status {answer.status_code}")
        return answer


def refuse_odd_metadata(document: dict[str, Any], issuer: str) -> None:
    """Refuse a document of another issuer, and addresses that must not be asked.

    Raises:
        ProviderError: the text says what is wrong with it.

    Source:
        OpenID Connect Discovery 1.0, 4.3: the issuer must be identical to the one that was asked.
    """
    if document.get("issuer") != issuer:
        named = repr(document.get("issuer"))[:200]
        raise ProviderError(f"its discovery document names the issuer {named}; if that is right, set issuer to it")
    for name in (*REQUIRED, *OPTIONAL):
        url = document.get(name)
        if url is None and name in OPTIONAL:
            continue
        if not isinstance(url, str) or (problem := address_problem(url)):
            raise ProviderError(f"{name} in its discovery document {problem if isinstance(url, str) else 'is missing'}")
        if url.startswith("http:") and not issuer.startswith("http:"):
            raise ProviderError(f"{name} in its discovery document is not https")


def seconds_now() -> float:
    return now().timestamp()


def providers(app: Flask | None = None) -> dict[str, Provider]:
    """The providers of this application, in the order of the settings; made when first asked for."""
    host = app or current_app
    found: dict[str, Provider] | None = host.extensions.get(NAME)
    if found is None:
        made = {name: Provider(name, section) for name, section in auth_of(host).section.oidc.items()}
        found = host.extensions.setdefault(NAME, made)
    return found
