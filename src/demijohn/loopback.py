"""Whether a request comes from this very machine: decided in one place, because it opens doors."""

import re
from collections.abc import Mapping
from typing import Any

from flask import request

from demijohn.configuration.rules import is_loopback_address

FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA")
HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^:\[\]]*)(?::[0-9]+)?")
ORIGINAL_HOST = "demijohn.host"
"""Where the Host header is kept when the application is shown another (see `demijohn.security.gate`)."""


def is_loopback_request() -> bool:
    """Whether peer address and Host are loopback and nothing says the request was forwarded.

    Any `Forwarded`, `Via` or `X-Forwarded-...` header makes it false: a proxy on this machine connects from loopback
    for everybody.
    """
    return is_loopback_environ(request.environ)


def is_loopback_environ(environ: Mapping[str, Any]) -> bool:
    """The same for a WSGI environment, before there is a request."""
    if any(name in FORWARDED or name.startswith("HTTP_X_FORWARDED") for name in environ):
        return False
    host: str = environ.get(ORIGINAL_HOST) or environ.get("HTTP_HOST") or ""
    return is_loopback_name(host) and is_loopback_address(environ.get("REMOTE_ADDR", ""))


def is_loopback_name(host: str) -> bool:
    """Whether a Host header (`localhost:5000`, `[::1]`) names this machine and cannot name another."""
    match = HOST.fullmatch(host)
    name = match[1].strip("[]").lower() if match else ""
    return name == "localhost" or name.endswith(".localhost") or is_loopback_address(name)
