"""Signing out at the provider too, if it offers that: by the browser's way there, or at the provider's word."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import urlencode

from flask import current_app, flash, request, session, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.login import current_user
from demijohn.auth.models import UserBase
from demijohn.auth.oidc.answers import leave_for
from demijohn.auth.oidc.asking import Patience, ProviderError
from demijohn.auth.oidc.flow import Proven, log_problem
from demijohn.auth.oidc.provider import Provider, providers
from demijohn.database.base import db
from demijohn.security.redirects import safe_redirect
from demijohn.security.secrets import UnreadableError, digest_of, seal, unseal
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
