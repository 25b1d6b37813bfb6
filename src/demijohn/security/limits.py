"""Limits on what a request may bring: too much is 413, malformed is 400, and neither is ever a 500."""

import io
import re
from typing import Any

from flask import Flask, Request, abort, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from demijohn.security.settings import SecuritySettings
from demijohn.security.start import extension_of

STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
"""A whole string, even one that never ends (so that a scan stays linear), or a bracket."""


def install_limits(app: Flask) -> None:
    app.before_request_funcs.setdefault(None, []).insert(1, check_body)
    load = app.json.loads

    def loads(text: str | bytes, **options: Any) -> Any:
        """Flask's own reader, for which nesting without end is a wrong value and not a fault of ours."""
        try:
            return load(text, **options)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    app.json.loads = loads  # type: ignore[method-assign, assignment]


class CountedStream(io.RawIOBase):
    """A body of unknown length that is refused when it passes the request's limit, and not silently cut off there.

    Werkzeug 3.1 stops reading a chunked body at `max_content_length` and hands on what it has
    (`LimitedStream.readall`); so its limit is one byte more, and that byte is refused here.
    """

    def __init__(self, body: Any, asked: Request) -> None:
        self._body = body
        self._asked = asked
        self._bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data: bytes = self._body.read(len(buffer))
        self._bytes += len(data)
        most = self._asked.max_content_length
        if most is not None and self._bytes >= most:
            raise RequestEntityTooLarge
        buffer[: len(data)] = data
        return len(data)


def check_body() -> None:
    """Refuse a JSON body or a form that is too big, too deep or not text, before any view reads it."""
    if not may_have_body(request.environ):
        return
    section = extension_of(current_app).section
    if length_is_unknown():
        asked = request._get_current_object()  # type: ignore[attr-defined]
        asked.environ["wsgi.input"] = CountedStream(asked.environ["wsgi.input"], asked)
        lower_limit(section.body_max_bytes)
    if request.is_json:
        check_json(section)
    elif request.mimetype == "application/x-www-form-urlencoded":
        check_form(section)


def may_have_body(environ: dict[str, Any]) -> bool:
    """Whether there is anything to read: HTTP/2 servers pass bodies with neither a length nor an encoding."""
    if environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ:
        return True
    return "wsgi.input_terminated" in environ and environ["REQUEST_METHOD"] not in {"GET", "HEAD", "OPTIONS"}


def length_is_unknown() -> bool:
    """Whether the server hands the body on as it comes; an empty CONTENT_LENGTH, to Werkzeug 0, says nothing."""
    unknown = request.content_length is None or not request.environ.get("CONTENT_LENGTH")
    return unknown and "wsgi.input_terminated" in request.environ


def check_json(section: SecuritySettings) -> None:
    lower_limit(section.json_max_bytes)
    try:
        text = request.get_data().decode("utf-8")
    except UnicodeDecodeError:
        abort(400, "The JSON body is not UTF-8.")
    if is_deeper_than(text, section.json_max_depth):
        abort(400, f"The JSON body is nested more than {section.json_max_depth} levels deep.")


def check_form(section: SecuritySettings) -> None:
    lower_limit(section.form_max_memory_bytes)
    data = request.get_data(parse_form_data=False)
    if data.count(b"&") >= section.form_max_fields:
        abort(413, f"The form has more than {section.form_max_fields} fields.")


def lower_limit(most_bytes: int) -> None:
    """Let Werkzeug stop reading here, with or without a Content-Length."""
    whole = request.max_content_length
    most = most_bytes if whole is None else min(whole, most_bytes)
    request.max_content_length = most + 1 if isinstance(request.environ["wsgi.input"], CountedStream) else most


def is_deeper_than(text: str, levels: int) -> bool:
    """Whether arrays and objects are nested more than `levels` deep; brackets inside strings do not count."""
    if text.count("[") + text.count("{") <= levels:
        return False
    depth = 0
    for match in STRING_OR_BRACKET.finditer(text):
        found = match[0]
        if found in "[{":
            depth += 1
            if depth > levels:
                return True
        elif found in "]}":
            depth -= 1
    return False
