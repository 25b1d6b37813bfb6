"""A database behind its revisions is not served from: one SELECT until it is current, then never asked again.

In development the page offers to apply what is missing, to requests from this machine only.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, abort, current_app, redirect, render_template, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import ServiceUnavailable

from demijohn.loopback import is_loopback_request
from demijohn.migrations.standing import Standing, standing
from demijohn.state import state_of

KEY = "demijohn.migrations"
APPLY = "/_dev/migrations/apply"
OPEN = ("/healthz", "/readyz")


@dataclass
class Guard:
    """What one process knows of its database.

    Attributes:
        is_current: it was seen at its last revision, and is not asked again.
        was_said: the log has the line already.
        token: what the page's form must bring back; made by this process, so that no other site knows it.
    """

    is_current: bool = False
    was_said: bool = False
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))


def start_guard(app: Flask) -> None:
    """Look before each request until the database is current."""
    app.extensions[KEY] = Guard()
    app.before_request(refuse_behind)


def refuse_behind() -> Any:
    """None when all is well, else the 503."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    guard: Guard = app.extensions[KEY]
    if guard.is_current or request.path in OPEN or (request.endpoint or "").endswith("static"):
        return None
    try:
        found = standing(app)
    except SQLAlchemyError:
        return None  # the database is away: the view says so, if it needs it
    if found.is_current:
        guard.is_current = True
        return None
    say_once(app, guard, found)
    if state_of(app).environment != "development" or not is_loopback_request():
        raise ServiceUnavailable("The application is being updated. Please try again in a moment.", retry_after=10)
    if request.path == APPLY:
        return apply(app, guard)
    return page(guard, found)


def say_once(app: Flask, guard: Guard, found: Standing) -> None:
    if guard.was_said:
        return
    guard.was_said = True
    if found.unknown:
        app.logger.error("The database is ahead of this code: %s. Answering 503.", ", ".join(found.unknown))
    else:
        app.logger.error(
            "The database lacks %d revisions, the first %s. Answering 503. Fix: flask db upgrade",
            len(found.missing),
            found.missing[0],
        )


def page(guard: Guard, found: Standing, problem: str = "") -> Response:
    answer = Response(
        render_template("migrations/behind.html", standing=found, token=guard.token, apply=APPLY, problem=problem),
        status=503,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def apply(app: Flask, guard: Guard) -> Any:
    """Apply what is missing, if our own page asked."""
    if request.method != "POST" or not hmac.compare_digest(request.form.get("token", ""), guard.token):
        abort(400)
    from demijohn.errors import SetupError
    from demijohn.migrations import autopilot  # Alembic: only when it has work to do

    try:
        autopilot.upgrade(app)
    except SetupError as error:
        return page(guard, standing(app), str(error))
    return redirect(request.script_root + "/", 303)


def probe_migrations(app: Flask) -> str | None:
    """None when every revision is applied, else how many are missing."""
    try:
        found = standing(app)
    except SQLAlchemyError as error:
        return f"cannot be read ({type(error).__name__})"
    if found.unknown:
        return "the database is ahead of this code"
    return f"{len(found.missing)} revisions not applied" if found.missing else None
