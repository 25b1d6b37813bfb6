"""Error pages: HTML for people, problem+json (RFC 9457) for programs, a request id for both.

Never reads the session, the user or the database: an error page must work when they do not. A project's own
`errorhandler` wins; debug mode keeps the debugger.
"""

import json
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from markupsafe import escape
from werkzeug.exceptions import HTTPException, default_exceptions

REQUEST_ID = "demijohn.request_id"
"""Where the request's id is kept in its WSGI environment (observability puts it there)."""

TEXTS: dict[int, tuple[str, str]] = {
    400: ("That request could not be read", "Go back, load the page again and repeat the step."),
    401: ("Sign in first", "This page is for people who are signed in."),
    403: ("You may not open this", "Your account does not have the permission. Ask an administrator for it."),
    404: ("There is nothing at this address", "Check the address, or start again from the first page."),
    405: ("That is not possible here", "Go back and use the page's own buttons."),
    409: ("Someone else changed this meanwhile", "Go back, load the page again and repeat your change."),
    410: ("This is gone", "What was here has been removed, or the link was used already."),
    413: ("That is too big", "Send a smaller file, or fewer things at once."),
    415: ("This kind of file is not taken here", "Send another kind."),
    422: ("Something in the form is not right", "Go back and look at what you entered."),
    429: ("Too many tries", "Wait a little before you try again."),
    500: ("Something went wrong here", "It is not your fault, and it has been noted. Try again in a moment."),
    502: ("A service behind this page does not answer", "Try again in a moment."),
    503: ("Not available just now", "Try again in a moment."),
    504: ("A service behind this page takes too long", "Try again in a moment."),
}
"""Status -> heading and what to do next."""

BODY_HEADERS = frozenset({"content-type", "content-length"})


def add_error_pages(app: Flask) -> None:
    """Answer every HTTP error, and every unhandled exception outside debug mode."""
    app.register_error_handler(HTTPException, answer_error)


def answer_error(error: HTTPException) -> ResponseReturnValue:
    """The page for an error; the project's catch-all handler, if it has one, comes first."""
    theirs = current_app.error_handler_spec[None].get(None, {}).get(Exception)
    if theirs is not None:
        answer: ResponseReturnValue = current_app.ensure_sync(theirs)(error)
        return answer
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    response = error_page(error.code, detail=own_words(error))
    for name, value in error.get_headers(request.environ):
        if name.lower() not in BODY_HEADERS:  # Retry-After, Allow, WWW-Authenticate, Content-Range
            response.headers[name] = value
    return response


def error_page(status: int, *, detail: str | None = None) -> Response:
    """The page for a status, in the form the client asked for.

    Args:
        status: 400 to 599.
        detail: what happened, in words for the client; never internals.
    """
    if wants_json():
        response = Response(problem_json(status, detail), status, mimetype="application/problem+json")
    else:
        response = Response(html_page(status, detail), status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def replace_by_error_page(response: Response, status: int, *, retry_after_seconds: int) -> None:
    """Turn a finished response into an error page, keeping headers that guard it (policy, cookies)."""
    page = error_page(status)
    response.status_code = status
    response.set_data(page.get_data())
    response.content_type = page.content_type
    for name in ("Location", "ETag", "Last-Modified", "Content-Disposition", "Content-Encoding", "Content-Range"):
        response.headers.pop(name, None)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Retry-After"] = str(retry_after_seconds)


def wants_json() -> bool:
    """Whether the client is a program: it prefers JSON, or it sent JSON or a token and did not ask for HTML."""
    accepted = request.accept_mimetypes
    html = max(accepted["text/html"], accepted["application/xhtml+xml"])
    asked_json = max(accepted["application/json"], accepted["application/problem+json"])
    if asked_json == html:
        named = {kind.lower() for kind in accepted.values()}
        says_so = request.is_json or shows_token()
        return "text/html" not in named and (says_so or any(kind.endswith("json") for kind in named))
    return asked_json > html


def shows_token() -> bool:
    """Whether the request names its sender by a token; Werkzeug's own reading fails on what is no token at all."""
    return request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"


def problem_json(status: int, detail: str | None) -> str:
    """RFC 9457, with the request's id as `request_id` and, if it is a UUID, as the `instance`."""
    problem: dict[str, Any] = {"type": "about:blank", "title": phrase(status), "status": status}
    if detail:
        problem["detail"] = detail
    request_id = request.environ.get(REQUEST_ID)
    if request_id:
        problem |= (
            {"instance": urn(request_id), "request_id": request_id} if urn(request_id) else {"request_id": request_id}
        )
    return json.dumps(problem)


def html_page(status: int, detail: str | None) -> str:
    """The page from `demijohn/error.html`, without context processors: those may ask the database."""
    heading, advice = TEXTS.get(status, (phrase(status), TEXTS[500][1] if status >= 500 else TEXTS[400][1]))
    values = {
        "status": status,
        "heading": heading,
        "detail": detail,
        "advice": advice,
        "request_id": request.environ.get(REQUEST_ID),
    }
    try:
        return current_app.jinja_env.get_template("demijohn/error.html").render(values)
    except Exception:
        current_app.logger.exception("The error page could not be rendered.")
        return f"<!doctype html><title>{status}</title><h1>{escape(heading)}</h1><p>{escape(detail or advice)}</p>"


def own_words(error: HTTPException) -> str | None:
    """What the code that raised it said, None if it said nothing of its own."""
    standard = default_exceptions.get(error.code or 500)
    said = error.description
    if said is None or (error.code or 500) == 500 or said == type(error).description:
        return None
    return None if standard is not None and said == standard.description else str(said)


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def urn(request_id: str) -> str | None:
    try:
        return UUID(request_id).urn
    except ValueError:
        return None
