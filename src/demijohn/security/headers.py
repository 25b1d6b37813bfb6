"""The security headers, the nonce, and the decorator that opens the policy for one view."""

import secrets
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, request

from demijohn.security.policy import build_policy
from demijohn.security.settings import CspSettings, SecuritySettings, refuse_malformed
from demijohn.state import state_of

Environ = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")

NONCE = "demijohn.csp_nonce"
ADDED = "demijohn.csp_added"
POLICY = "content-security-policy"
CLOSED_FEATURES = (
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
FIXED = (
    ("X-Content-Type-Options", "nosniff"),
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", CLOSED_FEATURES),
)


def csp_nonce() -> str:
    """This request's nonce, for the page's own `<script nonce=...>` and `<style nonce=...>`; made when first asked."""
    nonce: str = request.environ.setdefault(NONCE, secrets.token_urlsafe(16))
    return nonce


def csp(**sources: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let one view load from further places: `@csp(script_src="https://maps.example", frame_src="...")`.

    Each keyword is a directive; several sources are separated by spaces. They are added to the policy of this view's
    answers only.

    Raises:
        ValueError: no such directive, or a source that would end it.
    """
    for directive, words in sources.items():
        refuse_malformed(directive, words)

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def opened(*args: P.args, **kwargs: P.kwargs) -> R:
            request.environ.setdefault(ADDED, []).append(sources)
            return view(*args, **kwargs)

        return opened

    return decorate


def add_headers(
    app: Flask, section: SecuritySettings, environ: Environ, status: str, headers: list[tuple[str, str]]
) -> None:
    """Complete an answer's headers in place; a header that the view set itself stays."""
    present = {name.lower() for name, _ in headers}
    headers += [(name, value) for name, value in FIXED if name.lower() not in present]
    if POLICY not in present and not would_change_a_cached_page(status, environ):
        headers.append(("Content-Security-Policy", policy(section, environ)))
    if wants_tls(app, section, environ) and "strict-transport-security" not in present:
        headers.append(("Strict-Transport-Security", f"max-age={section.hsts_seconds}"))
    if status.startswith("3") and "location" in present:
        headers[:] = [(name, without_host(value, environ, name)) for name, value in headers]


def policy(section: SecuritySettings, environ: Environ) -> str:
    views: list[Mapping[str, str]] = environ.get(ADDED, [])
    nonce = environ.get(NONCE)
    return build_policy([section.csp.added(), *views], nonce) if views or nonce else plain_policy(section.csp)


@cache
def plain_policy(csp: CspSettings) -> str:
    """The policy of most answers, built once for the same settings (they are frozen)."""
    return build_policy([csp.added()], None)


def would_change_a_cached_page(status: str, environ: Environ) -> bool:
    """Whether a 304 would give the page a browser kept a nonce that its tags do not carry."""
    return status.startswith("304") and NONCE in environ


def wants_tls(app: Flask, section: SecuritySettings, environ: Environ) -> bool:
    production = state_of(app).environment == "production"
    return bool(production and section.hsts_seconds and environ.get("wsgi.url_scheme") == "https")


def without_host(value: str, environ: Environ, name: str = "Location") -> str:
    """A redirect to the host that was asked, without naming it: what the request said is not repeated."""
    if name.lower() != "location":
        return value
    parts = urlsplit(value)
    asked = environ.get("HTTP_HOST", "")
    same = parts.netloc == asked and parts.scheme == environ.get("wsgi.url_scheme")
    if not same or not parts.path.startswith("/") or parts.path.startswith("//"):
        return value
    return parts._replace(scheme="", netloc="").geturl()
