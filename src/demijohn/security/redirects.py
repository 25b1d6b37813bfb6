"""safe_redirect: the only way our own views send someone elsewhere."""

from urllib.parse import urlsplit

from flask import redirect
from werkzeug.wrappers import Response


def is_local(target: str) -> bool:
    """Whether a browser would stay on this site."""
    parts = urlsplit(target)
    return target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc


def safe_redirect(target: str | None, fallback: str = "/") -> Response:
    """A redirect to `target` if it stays on this site, else to `fallback`."""
    return redirect(target if target and is_local(target) else fallback)
