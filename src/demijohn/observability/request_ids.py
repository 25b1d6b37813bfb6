"""The id of a request: what ties a log line, an error page and an audit entry together."""

import re
from uuid import uuid4

from flask import Flask, g, request

from demijohn.errorpages import REQUEST_ID
from demijohn.state import state_of

SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{7,127}", re.ASCII)


def request_id_for(incoming: str, *, behind_proxies: bool) -> str:
    """The proxy's id if there is a proxy and the id is sane, else a new one.

    Without a proxy anybody could choose the id, and so hide a request among others or write into the log.
    """
    return incoming if behind_proxies and SANE.fullmatch(incoming) else uuid4().hex


def is_behind_proxies(app: Flask) -> bool:
    security = state_of(app).sections.get("security")
    return int(getattr(security, "proxies", 0)) > 0


def offer_request_id() -> None:
    """Put the id at `g.request_id`, where views and the audit log look."""
    g.request_id = request.environ.get(REQUEST_ID)
