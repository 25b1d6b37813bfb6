"""What `/` shows until the application has a page of its own there.

In development a page that says where things are; otherwise staff are sent to the admin, other signed-in people to
their account and strangers to sign-in. The application's own `/` always wins, also one added after `create_app`:
this looks only at a request that no route took.
"""

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from demijohn.assets import dm_has
from demijohn.state import state_of


def add_welcome(app: Flask) -> None:
    """Answer `/` as long as nothing else does."""

    @app.before_request
    def welcome() -> ResponseReturnValue | None:
        if request.path != "/" or not isinstance(request.routing_exception, NotFound):
            return None
        if request.method not in {"GET", "HEAD"}:
            return None
        if state_of().environment == "development":
            return render_template("demijohn/welcome.html")
        place = first_place()
        return redirect(url_for(place)) if place else None


def first_place() -> str | None:
    """The endpoint where this person starts; None if the application has no accounts."""
    if not state_of().has("auth"):
        return None
    from demijohn.auth.access import can, current_user

    if not current_user.is_authenticated:
        return "auth.login"
    if dm_has("admin.index") and can(current_user, "admin.access"):
        return "admin.index"
    return "auth.account" if dm_has("auth.account") else None
