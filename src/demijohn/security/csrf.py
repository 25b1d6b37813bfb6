"""CSRF protection by Flask-WTF on everything that has a cookie, with Origin and Sec-Fetch-Site beside the token."""

from typing import Any

from flask import Flask, current_app, g, request, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError

from demijohn.security.secrets import derived_keys
from demijohn.security.start import extension_of
from demijohn.security.urls import own_origins

STALE = (
    "This page was open too long, or you signed in or out in another tab. Go back, reload the page and send it again."
)
FOREIGN = "This was sent from a page of another site. Open the page here and send it again."


class OriginCheckedCSRF(CSRFProtect):
    """Flask-WTF's protection, which also refuses what a browser says came from another origin."""

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002 - Flask-WTF's signature
        if any(says_so() for says_so in extension_of(current_app).without_cookie):
            g.csrf_valid = True  # forms ask again
            return
        super().protect(apply_exemptions=apply_exemptions)
        if g.get("csrf_valid") and not comes_from_here():
            g.csrf_valid = False
            self._error_response(FOREIGN)

    def _is_exempt(self) -> bool:
        """Whether the view or its blueprint is marked and the settings list it; one without the other is not enough."""
        if not super()._is_exempt():
            return False
        listed = extension_of(current_app).section.csrf_exempt
        if request.endpoint in listed or request.blueprint in listed:
            return True
        warn_unlisted(request.endpoint or "")
        return False

    def _error_response(self, reason: str) -> None:
        raise CSRFError(FOREIGN if reason == FOREIGN else STALE)


csrf = OriginCheckedCSRF()
"""Flask-WTF's object, at `app.extensions["csrf"]` too."""


def start_csrf(app: Flask) -> None:
    """Protect every view; tokens live as long as the session, and older secret keys still verify them."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)  # the Referer; we ask for the origin instead
    if app.config.get("SECRET_KEY"):
        # itsdangerous signs with the last key and accepts any
        app.config.setdefault("WTF_CSRF_SECRET_KEY", derived_keys(app, "csrf")[::-1])
    csrf.init_app(app)


def marked_exempt(app: Flask) -> set[str]:
    """The endpoints whose view or blueprint is marked `csrf.exempt`, listed or not."""
    found = set()
    for endpoint, view in app.view_functions.items():
        blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
        name = f"{getattr(view, '__module__', '')}.{getattr(view, '__name__', '')}"
        if blueprint in csrf._exempt_blueprints or name in csrf._exempt_views:
            found.add(endpoint)
    return found


def comes_from_here() -> bool:
    """Whether the browser names this application as the sender, or names nobody (a program, an old browser).

    `Sec-Fetch-Site` cannot be set by a page. `Origin: null` is believed only beside `Sec-Fetch-Site: same-origin`.

    Source:
        OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata headers" and "Verifying origin with standard headers".
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if origin == "null":
        return site == "same-origin"
    return origin is None or origin.lower() in own_origins()


def renew_token() -> None:
    """Make the tokens handed out so far worthless: called when someone signs in or out.

    A server-side session does so by itself when its id changes.
    """
    g.pop("csrf_token", None)
    data: Any = session
    if not hasattr(data, "rotate_id"):
        data.pop("csrf_token", None)


def warn_unlisted(endpoint: str) -> None:
    """Say once why a view that its author meant to be exempt still asks for a token."""
    extension = extension_of(current_app)
    if endpoint not in extension.warned:
        extension.warned.add(endpoint)
        current_app.logger.warning(
            "%s is marked csrf.exempt but not listed, so it is protected. Fix: FLASK_SECURITY__CSRF_EXEMPT=%s",
            endpoint,
            endpoint,
        )
