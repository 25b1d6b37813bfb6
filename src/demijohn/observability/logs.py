"""One line per request, through a child of the application's own logger; never the root logger.

Nothing is configured that the project has configured: if any handler was set up, its levels hold.
"""

import logging
import re
import threading
from typing import Any, TypeVar

from flask import Flask, g, has_request_context, request
from flask.logging import default_handler

from demijohn.errorpages import REQUEST_ID
from demijohn.observability.masking import mask_path, mask_query, mask_text

F = TypeVar("F", bound=logging.Filter)

ROUTED = "demijohn.routed"
USER = "demijohn.user_id"
"""Where sessions note who asked, in the request's WSGI environment, once the session was read."""

LINE = "%(method)s %(path)s %(status)d %(milliseconds).1f ms request=%(request_id)s"
LINE_WITH_USER = f"{LINE} user=%(user_id)s"

SERVER_LINE = re.compile(r' - - \[[^\]]*\] "%s" %s %s$')
"""Werkzeug's access line (3.1); a test against its server guards this."""


def access_logger(app: Flask) -> logging.Logger:
    """The logger of request lines, `<application>.access`; set its level to quieten or to hear it."""
    logger = app.logger.getChild("access")
    own = [handler for handler in app.logger.handlers if handler is not default_handler]
    if logger.level == logging.NOTSET and not own and not logging.getLogger().handlers:
        logger.setLevel(logging.INFO)  # nobody configured logging: Flask's own handler shows the lines
    return logger


def note_route(response: Any) -> Any:
    """Keep what routing found until the line is written; the request is gone by then."""
    user = g.get("_login_user")
    known = vars(user).get("id") if user is not None and hasattr(user, "__dict__") else None  # never loads anything
    request.environ[ROUTED] = request.view_args or {}
    if known is not None:
        request.environ.setdefault(USER, known)
    return response


def log_request(logger: logging.Logger, environ: dict[str, Any], status: str, milliseconds: float) -> None:
    """Write the line: method, masked path and query, status, time, id, and the user if the session was read."""
    path = mask_path(recoded(environ), environ.get(ROUTED))
    query = mask_query(environ.get("QUERY_STRING", ""))
    facts = {
        "method": mask_path(environ.get("REQUEST_METHOD", ""))[:20],
        "path": f"{path}?{query}" if query else path,
        "status": int(status[:3]),
        "milliseconds": round(milliseconds, 1),
        "request_id": environ.get(REQUEST_ID),
        "user_id": environ.get(USER),
    }
    logger.info(LINE_WITH_USER if facts["user_id"] else LINE, facts, extra={"request": facts})


def recoded(environ: dict[str, Any]) -> str:
    """The whole path as text: WSGI hands it over as if it were Latin-1."""
    whole: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return whole.encode("latin-1", "replace").decode("utf-8", "replace")


class RequestFilter(logging.Filter):
    """Adds the request's id to records of the application's logger, and masks what an exception would show."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask_text(str(record.msg))
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = mask_text(logging.Formatter().formatException(record.exc_info))
        if has_request_context():
            self.add_request(record)
        return True

    def add_request(self, record: logging.LogRecord) -> None:
        request_id = request.environ.get(REQUEST_ID)
        record.request_id = request_id
        if not record.exc_info:
            return
        shown = mask_path(request.path, request.view_args)
        record.msg = f"{str(record.msg).replace(request.path, shown)} request={request_id}"


class ServerFilter(logging.Filter):
    """Keeps Flask's development server from writing what our own line masks.

    Its access line has the raw address, with the token of a reset link; ours was written already. Put on the server's
    logger by the first request such a server hands us, never by `create_app`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.thread = threading.local()

    def expect(self, *, logged: bool) -> None:
        """Say whether the request that this thread answers has a line of ours."""
        self.thread.logged = logged

    def filter(self, record: logging.LogRecord) -> bool:
        if not SERVER_LINE.search(str(record.msg)):
            return True
        if getattr(self.thread, "logged", False):
            self.thread.logged = False
            return False
        record.args = tuple(mask_request_line(part) if isinstance(part, str) else part for part in record.args or ())
        return True


def mask_request_line(text: str) -> str:
    """A server's `GET /path?query HTTP/1.1` with the address masked."""
    words = text.split(" ")
    for number, word in enumerate(words):
        if "/" in word and not word.startswith("HTTP/"):
            path, _, query = word.partition("?")
            words[number] = mask_path(path) + (f"?{mask_query(query)}" if query else "")
    return " ".join(words)


def add_filter(logger: logging.Logger, kind: type[F]) -> F:
    """The logger's filter of this kind; put there once."""
    found = next((known for known in logger.filters if isinstance(known, kind)), None)
    if found is None:
        found = kind()
        logger.addFilter(found)
    return found
