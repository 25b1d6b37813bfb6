"""Flask-Login, kept to this one module: who a session belongs to, and where strangers are sent.

Flask-Login's remember cookie is neither issued nor accepted: it holds for ever, on the word of an HMAC alone. "Remember
me" lengthens our own session, which can be listed and ended.
"""

from typing import Any

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user, user_logged_in, user_logged_out
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException, Unauthorized
from werkzeug.wrappers import Response

from demijohn.auth.capability import Identified
from demijohn.auth.devices import remember_device
from demijohn.auth.extension import auth_of
from demijohn.auth.factors.policy import refuses_account, refuses_session, was_refused
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.principal import user_read_with_session
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.errorpages import shows_token, wants_json
from demijohn.security.csrf import renew_token
from demijohn.words import gettext

__all__ = ["current_user", "login_user", "logout_user"]

USER = "_user_id"
STAMP = "_stamp"
CONFIRMED = "_confirmed_at"
FACTOR = "_second_factor"
"""Session keys: Flask-Login's for who is signed in; the user's security stamp at sign-in; when identity was last proved
(seconds since 1970); which second factor was given."""

ACTOR = "demijohn_actor"
"""Where a request keeps id and address of who is acting (an attribute of `g`), so that logging asks no database."""

WAS_SUPERUSER = "demijohn_was_superuser"
"""Where a request keeps the id of who is acting, if they were a superuser when it began (an attribute of `g`)."""


STANDS_IN = "demijohn_stands_in"
"""Where a request keeps why whoever acts is not the user in person (an attribute of `g`)."""


NO_SESSION = "demijohn_no_session"
"""Where a request notes that its session does not say who it is from (an attribute of `g`)."""


class Login(LoginManager):
    """Flask-Login without its remember cookie and without touching the session of every response."""

    def _load_user(self) -> None:
        identified = identified_by_request()
        user = load_user(session.get(USER)) if identified is None else identified.user
        if user is None and identified is None and self._request_callback is not None:
            identified = Identified(user=self._request_callback(request))
        if identified is not None and not identified.by_session:
            setattr(g, NO_SESSION, True)
            user = unless_refused(identified.user)
        g._login_user = user if user is not None else self.anonymous_user()

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def start_login(app: Flask) -> None:
    """Load the signed-in user of each request that asks."""
    manager = Login()
    manager.session_protection = None
    manager.login_view = "auth.login"
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(load_user)
    manager.unauthorized_handler(send_to_sign_in)
    manager.needs_refresh_handler(send_to_confirm_identity)
    user_logged_in.connect(stamp_session, app)
    user_logged_out.connect(empty_session, app)
    app.jinja_env.globals["current_user"] = current_user


def load_user(user_id: str | None) -> UserBase | None:
    """The session's user: still there, still active, and nothing changed that ends sessions."""
    if user_id is None or not user_id.isdecimal():
        return None
    user = user_read_with_session(int(user_id)) or db.session.get(user_class(), int(user_id))
    if user is None or not user.is_active or user.security_stamp != session.get(STAMP):
        return None
    if refuses_session(user, has_factor=session_has_second_factor()):
        return None
    act_as(user, label=user.email)
    return user


def unless_refused(user: Any | None) -> Any | None:
    """Somebody known without a session (a token); nobody if they must have a second factor and have none."""
    return None if user is not None and refuses_account(user) else user


def identified_by_request() -> Identified | None:
    """What a capability says of who the request is from (a token); None if only the session can say."""
    for capability in auth_of().capabilities:
        found = capability.identify() if capability.identify is not None else None
        if found is not None:
            return found
    return None


def act_as(user: UserBase, *, label: str, actor_id: int | None = None, stand_in: str = "") -> None:
    """Note who is acting in this request.

    Args:
        label, actor_id: what the audit log calls them; the user's own id unless another person acts for them.
        stand_in: said where an identity must be confirmed, if it is not the user in person (a token, a superuser).
    """
    setattr(g, ACTOR, (actor_id or user.id, label))
    setattr(g, WAS_SUPERUSER, user.id if user.is_superuser and not stand_in else None)
    setattr(g, STANDS_IN, stand_in)


def work_as(user: UserBase, *, label: str, actor_id: int | None = None) -> None:
    """Let a person act in this context who is not at the browser: in work that they left to a server."""
    setattr(g, NO_SESSION, True)
    g._login_user = user
    act_as(user, label=label, actor_id=actor_id)


def stands_in() -> str:
    """Why whoever acts in this request is not the user in person; empty if it is."""
    return str(g.get(STANDS_IN, ""))


def stamp_session(sender: Any, user: UserBase, **extra: Any) -> None:
    """Tie the session to the user's present state, whoever called `login_user`; forms from before are worthless."""
    del sender, extra
    renew_token()
    session[STAMP] = user.security_stamp
    session[CONFIRMED] = int(now().timestamp())
    session.pop(FACTOR, None)
    remember_device(user)


def empty_session(sender: Any, **extra: Any) -> None:
    """Leave nothing of the person in the session, whoever called `logout_user`."""
    del sender, extra
    session.clear()


def renew_session(user: UserBase) -> None:
    """Keep this session alive through a change that ends the user's others."""
    session[STAMP] = user.security_stamp
    remember_device(user)


def mark_second_factor(kind: str) -> None:
    """Note in the session which second factor was given; nothing if none was."""
    if kind:
        session[FACTOR] = kind


def session_has_second_factor() -> bool:
    """Whether a second factor was given in this session; false for API tokens, whatever session comes along."""
    return not g.get(NO_SESSION) and bool(session.get(FACTOR))


def mark_identity_confirmed() -> None:
    """Note that the password was given just now, under a new session id: this is a rise in privilege."""
    session["_fresh"] = False
    session["_fresh"] = True  # the sessions battery takes a new id when this key changes
    session[CONFIRMED] = int(now().timestamp())


def identity_is_recent(*, times: int = 1) -> bool:
    """Whether identity was proved in this session within `auth.recent_seconds`, so many times over."""
    if stands_in():
        return False
    age = now().timestamp() - session.get(CONFIRMED, 0)
    return bool(0 <= age <= auth_of().section.recent_seconds * times)


def send_to_sign_in() -> ResponseReturnValue:
    """The sign-in page for a browser, with the way back; 401 for a program."""
    if not was_refused():
        return asked_elsewhere("auth.login", "Sign in first.")
    if not (wants_json() or shows_token()):
        flash(gettext("A second step is needed here from now on. Sign in again."), "warning")
    return asked_elsewhere("auth.login", "Sign in again: a second factor is needed.")


def send_to_confirm_identity(wanted: str | None = None) -> ResponseReturnValue:
    """The page that asks for the password again; 401 for a program.

    Args:
        wanted: where to go then; this request's own address unless given.
    """
    if stands_in():
        abort(403, description=stands_in())
    return asked_elsewhere("auth.confirm_identity", "Confirm your identity first.", wanted)


def asked_elsewhere(endpoint: str, text: str, wanted: str | None = None) -> ResponseReturnValue:
    if shows_token():
        challenge = WWWAuthenticate("bearer", {"error": "invalid_token"})
        wrong = "Its owner needs a second factor." if was_refused() else "The token is wrong, expired or revoked."
        raise Unauthorized(wrong, www_authenticate=challenge)
    if wants_json():
        abort(401, description=f"{text} See {url_for(endpoint)}")
    return redirect(url_for(endpoint, next=wanted or way_back()))


def way_back() -> str | None:
    """The address of this request, relative; None if it can't be asked for with GET again."""
    path = f"{request.script_root}{request.full_path}".rstrip("?")
    if request.method in {"GET", "HEAD"}:
        return path
    try:
        current_app.create_url_adapter(request).match(request.path, method="GET")  # type: ignore[union-attr]
    except HTTPException:
        return None
    return path
