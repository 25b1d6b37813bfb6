"""What surrounds every request: its id, its line in the log, and health."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from demijohn.errorpages import REQUEST_ID
from demijohn.observability.health import Health
from demijohn.observability.logs import ServerFilter, access_logger, add_filter, log_request
from demijohn.observability.request_ids import is_behind_proxies, request_id_for
from demijohn.observability.settings import ObservabilitySettings

Environ = dict[str, Any]
WsgiApp = Callable[..., Iterable[bytes]]


class Observed:
    """WSGI middleware around one application."""

    def __init__(self, inner: WsgiApp, app: Flask, section: ObservabilitySettings) -> None:
        self.inner = inner
        self.app = app
        self.section = section
        self.health = Health(app, section)
        self.behind_proxies = is_behind_proxies(app)
        self.logger: logging.Logger | None = None

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        request_id = request_id_for(environ.get("HTTP_X_REQUEST_ID", ""), behind_proxies=self.behind_proxies)
        environ[REQUEST_ID] = request_id
        health = self.health.answer(environ)
        if health is not None:
            return health(environ, with_request_id(start_response, request_id, []))
        began, statuses = time.perf_counter(), list[str]()
        try:
            return self.inner(environ, with_request_id(start_response, request_id, statuses))
        finally:
            self.log(environ, statuses[-1] if statuses else "500", (time.perf_counter() - began) * 1_000)

    def log(self, environ: Environ, status: str, milliseconds: float) -> None:
        """Write the line of a request, and keep the development server from writing one with the raw address."""
        if self.logger is None:  # at the first request: by then the project has configured its logging
            self.logger = access_logger(self.app)
        heard = self.section.request_log and self.logger.isEnabledFor(logging.INFO)
        if heard:
            log_request(self.logger, environ, status, milliseconds)
        if str(environ.get("SERVER_SOFTWARE", "")).startswith("Werkzeug/"):
            add_filter(logging.getLogger("werkzeug"), ServerFilter).expect(logged=heard)


def with_request_id(start_response: Callable[..., Any], request_id: str, statuses: list[str]) -> Callable[..., Any]:
    """`start_response` that adds the id to the headers and notes the status."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        statuses.append(status)
        named = [(name, value) for name, value in headers if name.lower() != "x-request-id"]
        named.append(("X-Request-ID", request_id))
        return start_response(status, named, exc_info) if exc_info else start_response(status, named)

    return start
