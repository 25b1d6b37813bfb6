"""Asking a provider: a few seconds in all, no redirects, bounded answers, nothing unencrypted beyond this machine.

Uses the machine's proxy settings (HTTPS_PROXY, NO_PROXY) and certificates. Never call it inside a transaction.
"""

import json
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from demijohn.auth.oidc.settings import address_problem
from demijohn.loopback import is_loopback_name

PATIENCE_SECONDS = 5.0
MAX_BYTES = 1_048_576


class ProviderError(Exception):
    """What the provider did was of no use; the text is for the log."""


class UnreachableError(ProviderError):
    """It did not answer in time, or not at all."""


class Patience:
    """How long somebody waits for a provider, however many questions that takes."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._ends_at = time.monotonic() + seconds

    def left(self) -> float:
        return self._ends_at - time.monotonic()


@dataclass(frozen=True)
class Answer:
    """An answer of any status; redirects are not followed."""

    status_code: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def raise_for_status(self) -> None:
        if self.status_code != 200:
            raise ProviderError(f"it answered with status {self.status_code}")


class Line:
    """The connections of one question, so that a wait can be cut short from outside."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        self.outcome: Answer | Exception | None = None

    def cut(self) -> None:
        for one in self.sockets:
            with suppress(OSError):  # past SSLSocket's own method, which another thread may be reading through
                socket.socket.shutdown(one, socket.SHUT_RDWR)


def ask(
    url: str, patience: Patience, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """The answer to a GET, or to a POST if there is a form.

    Raises:
        UnreachableError: patience was at its end, or the connection broke.
        ProviderError: the answer is too long, or the address is none that may be asked.
    """
    if problem := address_problem(url):
        raise ProviderError(f"an address of the provider {problem}")
    body = None if form is None else urlencode(form).encode()
    request = Request(url, body, {"Accept": "application/json", "User-Agent": "demijohn", **(headers or {})})  # noqa: S310 - judged above
    line = Line()
    seconds = patience.left()
    worker = threading.Thread(target=converse, args=(request, line, max(seconds, 0.001)), daemon=True)
    worker.start()
    worker.join(max(seconds, 0.0))
    if line.outcome is None:
        line.cut()
        raise UnreachableError("it did not answer in time")
    if isinstance(line.outcome, Exception):
        raise line.outcome
    return line.outcome


def converse(request: Request, line: Line, seconds: float) -> None:
    """Ask and read, on a thread of its own: neither names nor slow headers keep anybody longer than they want."""
    try:
        with opener_on(line, request.full_url).open(request, timeout=seconds) as response:
            body = response.read(MAX_BYTES + 1)
            too_long = len(body) > MAX_BYTES
            line.outcome = ProviderError("its answer is too long") if too_long else Answer(response.status, body)
    except (OSError, HTTPException, ValueError) as error:
        line.outcome = UnreachableError(f"the connection failed ({type(error).__name__})")


def opener_on(line: Line, url: str) -> OpenerDirector:
    """An opener that follows no redirect, and knows http and https only."""

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            line.sockets.append(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            line.sockets.append(self.sock)

    class PlainHandler(HTTPHandler):
        def http_open(self, req: Request) -> Any:
            return self.do_open(Plain, req)

    class SecureHandler(HTTPSHandler):
        def https_open(self, req: Request) -> Any:
            return self.do_open(Secure, req)

    opener = OpenerDirector()
    if not is_loopback_name(urlsplit(url).netloc):
        opener.add_handler(ProxyHandler())
    opener.add_handler(PlainHandler())
    opener.add_handler(SecureHandler())
    return opener
