"""safe_redirect: the only way our own views send someone elsewhere."""

import re
from urllib.parse import unquote

from flask import redirect, request
from werkzeug.wrappers import Response

from demijohn.security.urls import own_origins

LONGEST = 4096
"""Characters; longer addresses are refused, so that the answer fits every proxy's header limit (often 8 KiB)."""
CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")
ABSOLUTE = re.compile(
    r"(?P<origin>https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(?:[/?#].*)?", re.IGNORECASE
)


def safe_redirect(target: str | None, fallback: str = "/", *, code: int = 302) -> Response:
    """A redirect to `target` if a browser following it stays on this site, else to `fallback`.

    Args:
        target: an address from outside: a `next` parameter, a hidden field.
        fallback: where to go otherwise; the application's own choice, so it is not questioned.
        code: 303 after a form that may have been sent by PUT or DELETE.
    """
    if target and is_safe_target(target):
        return redirect(target, code)
    return redirect(f"{request.script_root}/" if fallback == "/" else fallback, code)


def is_safe_target(target: str) -> bool:
    """Whether a browser, told to go to `target`, stays on this site.

    Whatever two readers could read differently is refused, even where today's browsers would be right.

    Source:
        WHATWG URL Standard, "basic URL parser": backslash is a slash, tabs and newlines vanish, control characters
        and spaces around it are cut, one slash after the scheme is as good as two.
    """
    if len(target) > LONGEST or CONTROL.search(target) or target != target.strip():
        return False
    if is_own_absolute(target):
        return True
    return is_relative(target)


def is_relative(target: str) -> bool:
    """Whether the address has neither a scheme nor a host, also once decoded and with backslashes as slashes."""
    path = re.split("[?#]", target, maxsplit=1)[0]
    decoded = CONTROL.sub("", unquote(unquote(path)))
    return all("\\" not in one and not one.startswith("//") and not has_scheme(one) for one in (path, decoded))


def has_scheme(path: str) -> bool:
    """Whether the first segment holds a colon, which makes it a scheme: `javascript:`, `https:evil.example`."""
    return ":" in path.partition("/")[0]


def is_own_absolute(target: str) -> bool:
    """Whether it is an absolute address of this application: same scheme, host and port, and nobody's name before."""
    match = ABSOLUTE.fullmatch(target)
    return match is not None and "\\" not in target and match["origin"].lower() in own_origins()
