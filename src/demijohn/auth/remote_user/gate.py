"""Where headers that name a person are believed or thrown away, before anything else of the application sees them."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, request

from demijohn.auth.extension import auth_of
from demijohn.auth.remote_user.rules import Named, address_of, groups_of, is_from, subject_of, text_of
from demijohn.auth.remote_user.settings import RemoteUserSettings
from demijohn.errors import SetupError
from demijohn.security.start import extension_of

NAMED = "demijohn.remote_user"
"""Where the gate keeps whom the request names (a key no client can set)."""


class RemoteUserGate:
    """WSGI middleware; stands before the one that reads forwarded addresses, so it sees who really connected."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], section: RemoteUserSettings) -> None:
        self.inner = inner
        self.section = section
        self.headers = {
            kind: f"HTTP_{name.upper().replace('-', '_')}"
            for kind, name in (
                ("subject", section.header),
                ("email", section.email_header),
                ("name", section.name_header),
                ("groups", section.groups_header),
            )
            if name
        }

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self.section.source == "variable":
            written = environ.get("REMOTE_USER", "")
            environ[NAMED] = named(self.section, {"subject": written}) if written else None
        elif is_from(environ.get("REMOTE_ADDR", ""), self.section.networks):
            found = {kind: environ.get(key, "") for kind, key in self.headers.items()}
            environ[NAMED] = named(self.section, found) if found["subject"] else None
        else:
            environ[NAMED] = None
            for key in self.headers.values():
                environ.pop(key, None)
        return self.inner(environ, start_response)


def named(section: RemoteUserSettings, written: dict[str, str]) -> Named:
    subject = subject_of(written["subject"])
    address = subject_of(written["email"]) if written.get("email") else subject
    return Named(
        subject=subject,
        email=address_of(address, section.email_domain) if subject is not None else None,
        name=text_of(written.get("name", "")) or "",
        groups=groups_of(written.get("groups", "")),
    )


def whom() -> Named | None:
    """Whom this request names, if it comes from where that is believed."""
    found: Named | None = request.environ.get(NAMED)
    return found


def start(app: Flask) -> None:
    """Put the gate before the application.

    Raises:
        SetupError: headers are to be believed, but no proxy is configured.
    """
    section = auth_of(app).section.remote_user
    if section.source == "header":
        if not section.networks:
            raise SetupError(
                "auth.remote_user believes a header, and does not say whose.",
                fix="set FLASK_AUTH__REMOTE_USER__NETWORKS=10.0.0.5 (the addresses of your proxies).",
            )
        if extension_of(app).section.proxies == 0:
            raise SetupError(
                "auth.remote_user believes a header of a proxy, and there is none: security.proxies is 0.",
                fix="set FLASK_SECURITY__PROXIES=1 (as many as stand before the application).",
            )
    app.wsgi_app = RemoteUserGate(app.wsgi_app, section)  # type: ignore[method-assign]
