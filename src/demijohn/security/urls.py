"""The application's own address: links for outside are built from `public_url`, never from a request's Host."""

import os
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, has_request_context, request

from demijohn.errors import SetupError
from demijohn.state import state_of

DEFAULT_PORTS = {"http": 80, "https": 443}


def public_url_for(endpoint: str, **values: Any) -> str:
    """An absolute address for a mail or another system: like `url_for(_external=True)`, but from `public_url` only.

    In development without a `public_url` it is the loopback address this request came to, or that `flask run` uses.

    Raises:
        SetupError: production without a `public_url`.
    """
    app: Flask = current_app
    scheme, host, root = split_url(base_url())
    adapter = app.url_map.bind(host, script_name=f"{root}/", url_scheme=scheme)
    anchor = values.pop("_anchor", None)
    app.inject_url_defaults(endpoint, values)
    built = adapter.build(endpoint, values, force_external=True, url_scheme=scheme)
    return f"{built}#{anchor}" if anchor else built


def base_url() -> str:
    """Where people reach the application, without a trailing slash."""
    state = state_of()
    if state.public_url:
        return state.public_url.rstrip("/")
    if state.environment == "production":
        raise SetupError("no public address is set, so no link can be built.", fix="set PUBLIC_URL=https://<host>.")
    if has_request_context():
        return request.root_url.rstrip("/")
    return f"http://127.0.0.1:{os.environ.get('FLASK_RUN_PORT', '5000')}"


def split_url(url: str) -> tuple[str, str, str]:
    """Scheme, host with any unusual port, and path without a trailing slash."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    unusual = parts.port is not None and parts.port != DEFAULT_PORTS.get(parts.scheme)
    return parts.scheme, f"{host}:{parts.port}" if unusual else host, parts.path.rstrip("/")


def origin_of(url: str) -> str:
    """Scheme, host and any unusual port, as a browser writes an Origin header."""
    scheme, host, _ = split_url(url)
    return f"{scheme}://{host}"


def own_origins() -> frozenset[str]:
    """The origins this application answers at: the public one, and the (checked) one of this request."""
    public = state_of().public_url
    origins = {origin_of(public)} if public else set()
    if has_request_context():
        origins.add(origin_of(request.host_url))
    return frozenset(origins)
