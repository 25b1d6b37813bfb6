"""The gate: the outermost thing every request and every answer passes, before and after Flask.

It mounts the application at the path of `public_url`, hides hosts that are not ours from everything inside, and puts
the security headers on every answer, whoever made it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, abort, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wsgi import get_host

from demijohn.loopback import ORIGINAL_HOST, is_loopback_name
from demijohn.security.headers import Environ, add_headers
from demijohn.security.settings import SecuritySettings
from demijohn.security.start import extension_of
from demijohn.security.urls import split_url
from demijohn.state import state_of

ANY_HOST = ("/healthz", "/readyz", "/metrics")
"""Asked by load balancers and monitors by address; they answer any Host, and outside the mounted path too."""
REFUSED = "demijohn.refused"

WsgiApp = Callable[..., Iterable[bytes]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the application is.

    Attributes:
        root: the path it is mounted at, without a trailing slash; empty for the whole host.
        host: what the inside sees instead of a host that is not ours.
        trusted: host names it answers to.
        loopback: whether every name of this machine counts as well (development and tests).
    """

    root: str
    host: str
    trusted: tuple[str, ...]
    loopback: bool
    proxied: bool
    stripped: bool

    def knows(self, host: str) -> bool:
        if self.loopback and is_loopback_name(host):
            return True
        return bool(self.trusted) and host_is_trusted(host, self.trusted)


class Gate:
    """WSGI middleware in front of one application."""

    def __init__(self, inner: WsgiApp, app: Flask, place: Place, section: SecuritySettings) -> None:
        self.inner = inner
        self.app = app
        self.place = place
        self.section = section

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        mount(environ, self.place)
        check_host(environ, self.place)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            add_headers(self.app, self.section, environ, status, headers)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        return self.inner(environ, start)


def install_gate(app: Flask, section: SecuritySettings) -> None:
    """Wrap the application; forwarded headers are read before, for as many hops as the settings say."""
    place = place_of(app, section)
    app.wsgi_app = Gate(app.wsgi_app, app, place, section)  # type: ignore[method-assign]
    if section.proxies:
        hops = section.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    set_address(app, place)
    app.before_request_funcs.setdefault(None, []).insert(0, refuse)


def place_of(app: Flask, section: SecuritySettings) -> Place:
    state = state_of(app)
    _, host, root = split_url(state.public_url or "http://localhost")
    public = (host.rpartition(":")[0] or host,) if state.public_url and not host.startswith("[") else (host,)
    return Place(
        root=root,
        host=host,
        trusted=(*(public if state.public_url else ()), *section.trusted_hosts),
        loopback=state.environment != "production",
        proxied=section.proxies > 0,
        stripped=section.proxy_strips_path,
    )


def set_address(app: Flask, place: Place) -> None:
    """Let Flask build addresses from `public_url`, inside requests and outside (Flask's own keys win if set)."""
    url = state_of(app).public_url
    # Flask asks again, but sees only hosts that are ours; its list knows no loopback addresses
    app.config["TRUSTED_HOSTS"] = list(place.trusted) if place.trusted and not place.loopback else None
    if url is None:
        return
    app.config["PREFERRED_URL_SCHEME"] = split_url(url)[0]
    app.config["APPLICATION_ROOT"] = place.root or "/"
    if app.config.get("SERVER_NAME") is None:
        app.config["SERVER_NAME"] = place.host


def mount(environ: Environ, place: Place) -> None:
    """Tell Flask where it is mounted, whether or not a proxy cut the path off; elsewhere is nothing."""
    if not place.root:
        return
    script, path = environ.get("SCRIPT_NAME", "").rstrip("/"), environ.get("PATH_INFO", "")
    if script == place.root:
        return
    whole = script + path
    if place.stripped or announced(environ, place):
        environ["SCRIPT_NAME"] = place.root
    elif whole == place.root or whole.startswith(f"{place.root}/"):
        environ["SCRIPT_NAME"], environ["PATH_INFO"] = place.root, whole[len(place.root) :]
    elif whole not in ANY_HOST:
        environ[REFUSED] = 404


def announced(environ: Environ, place: Place) -> bool:
    """Whether our own proxy says it cut exactly this path off; any other prefix is ignored, never believed."""
    prefix: str = environ.get("HTTP_X_FORWARDED_PREFIX", "").rpartition(",")[2].strip()
    return place.proxied and prefix.rstrip("/") == place.root


def check_host(environ: Environ, place: Place) -> None:
    """Hide a host that is not ours, and mark the request to be refused unless it is a probe's."""
    environ[ORIGINAL_HOST] = environ.get("HTTP_HOST", "")
    host = get_host(environ).lower()
    known = place.knows(host)
    environ["HTTP_HOST"] = host if known else place.host
    if not known and environ.get("PATH_INFO", "") not in ANY_HOST:
        environ.setdefault(REFUSED, 400)


def refuse() -> None:
    """End a request that the gate marked, before any other code of the application sees it."""
    code = request.environ.get(REFUSED)
    if code == 404:
        abort(404)
    if code is not None:
        explain_refused_host()
        abort(code, "This application does not answer to the host name in the address.")


def explain_refused_host() -> None:
    """Tell whoever runs the application, once, how to let a host name in; the client is told nothing of it."""
    warned = extension_of(current_app).warned
    if REFUSED not in warned:
        warned.add(REFUSED)
        host = request.environ.get(ORIGINAL_HOST, "")[:100]
        current_app.logger.warning(
            "refused the host %r. Fix: if it is yours, FLASK_SECURITY__TRUSTED_HOSTS=%s", host, host.partition(":")[0]
        )
