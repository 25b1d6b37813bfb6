"""Signing out at the provider too, if it offers that: by the browser's way there, or at the provider's word."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from flask import Flask, abort, current_app, flash, request, session, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.answers import problem
from demijohn.auth.companions import end_session_rows, note
from demijohn.auth.login import current_user
from demijohn.auth.models import UserBase, new_stamp, user_class
from demijohn.auth.oidc.answers import leave_for
from demijohn.auth.oidc.asking import Patience, ProviderError
from demijohn.auth.oidc.flow import Proven, log_problem
from demijohn.auth.oidc.people import find_identity
from demijohn.auth.oidc.provider import Provider, providers
from demijohn.auth.spent import spend
from demijohn.database.base import db
from demijohn.security.redirects import safe_redirect
from demijohn.security.secrets import UnreadableError, digest_of, seal, unseal
from demijohn.security.start import extension_of
from demijohn.security.urls import public_url_for
from demijohn.state import state_of

THERE = "_oidc_session"
LEFT = "_oidc_left"
PURPOSE = "oidc.id_token"
LONGEST_TOKEN = 8_192


def remember_token(provider: Provider, proven: Proven, user: UserBase) -> None:
    """Keep the sealed ID token in the session, as the provider asks for it at sign-out; never in a cookie."""
    if not provider.section.sign_out_there or not state_of().has("sessions") or len(proven.id_token) > LONGEST_TOKEN:
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    sealed = b64encode(seal(app, PURPOSE, proven.id_token.encode())).decode()
    session[THERE] = {"provider": provider.name, "user_id": user.id, "token": sealed}


def prepare_farewell() -> Callable[[], ResponseReturnValue] | None:
    """What to answer once this session is over: the way to the provider's sign-out; None if there is none.

    A provider that does not answer keeps nobody from signing out here.
    """
    kept = session.get(THERE)
    if kept is None or not current_user.is_authenticated or kept["user_id"] != current_user.id:
        return None
    provider = providers().get(kept["provider"])
    if provider is None or not provider.section.sign_out_there:
        return None
    db.session.rollback()
    try:
        endpoint = provider.metadata(Patience()).get("end_session_endpoint")
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        token = unseal(app, PURPOSE, b64decode(kept["token"])).decode()
    except UnreadableError:
        return None
    except ProviderError as error:
        log_problem(provider, error)
        return None
    return (lambda: lead_out(provider, endpoint, token)) if endpoint else None


def lead_out(provider: Provider, endpoint: str, token: str) -> ResponseReturnValue:
    """Lead to the provider's sign-out, and remember in what is now a stranger's session that we did.

    Source:
        OpenID Connect RP-Initiated Logout 1.0, 2.
    """
    state = secrets.token_urlsafe(32)
    session[LEFT] = digest_of(state)
    parameters = {
        "id_token_hint": token,
        "client_id": provider.section.client_id,
        "post_logout_redirect_uri": public_url_for("auth.oidc_signed_out", provider=provider.name),
        "state": state,
    }
    return leave_for(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(parameters)}", provider)


def oidc_signed_out(provider: str) -> ResponseReturnValue:
    """Come back from the provider's sign-out."""
    chosen = providers().get(provider)
    expected = session.get(LEFT)
    if chosen is not None and expected is not None and expected == digest_of(request.args.get("state", "")):
        del session[LEFT]
        flash(f"You are signed out here and at {chosen.label}.", "success")
    return safe_redirect(url_for("auth.login"))


def start(app: Flask) -> None:
    """Let a provider's logout token pass without one against forgery: no cookie counts there, only its signature."""
    extension_of(app).without_cookie.append(lambda: request.endpoint == "auth.oidc_backchannel_logout")


def oidc_backchannel_logout(provider: str) -> ResponseReturnValue:
    """End every session of whoever signed out at the provider, at its own signed word (server to server).

    Source:
        OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8.
    """
    from demijohn.auth.oidc.protocol import logout_claims

    chosen = providers().get(provider)
    if chosen is None:
        abort(404)
    db.session.rollback()
    try:
        claims = logout_claims(chosen, Patience(), request.form.get("logout_token", ""))
    except ProviderError as error:
        log_problem(chosen, error)
        return problem(400, detail="The logout token is refused.", errors={})
    if not spend(f"logout {provider} {claims['jti']}", lives_for=timedelta(hours=1)):
        return problem(400, detail="The logout token was used already.", errors={})
    end_sessions_at(claims["iss"], claims["sub"])
    return "", 200, {"Cache-Control": "no-store"}


def end_sessions_at(issuer: str, subject: str) -> None:
    """End the sessions of the account that belongs to a person at a provider; nothing if none does."""
    identity = find_identity(issuer, subject)
    user = db.session.get(user_class(), identity.user_id) if identity else None
    if user is not None:
        user.security_stamp = new_stamp()
        end_session_rows(user.id)
        note("auth.signed_out_by_provider", user)
    db.session.commit()
