"""From a first proof of who somebody is to their session: the one way that every door takes."""

from dataclasses import replace

from flask import jsonify, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user
from demijohn.auth.companions import note
from demijohn.auth.factors.registry import has_second_factor
from demijohn.auth.factors.trust import TRUSTED, is_trusted, note_use
from demijohn.auth.login import mark_identity_confirmed
from demijohn.auth.models import UserBase
from demijohn.auth.pending import Pending, begin_pending, end_pending, keep, next_step, pending_sign_in, pending_user
from demijohn.auth.sign_in import first_page, sign_in
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.redirects import is_safe_target, safe_redirect


def admit(
    user: UserBase, *, door: str, remember: bool = False, wanted: str = "", factor: str = ""
) -> ResponseReturnValue:
    """Let somebody in who has just proved who they are, or lead them to the step that is still to pass.

    Args:
        door: how it was proved: `password`, `link`, `passkey`, `oidc` or `remote`.
        remember: the session outlives the browser.
        wanted: where they were going; checked here.
        factor: the second factor that the same proof was (`passkey` with user verification); empty if it was none.
            A device that the user trusts stands in for one.
    """
    if not factor and has_second_factor(user) and is_trusted(user):
        factor = TRUSTED
    wanted = wanted if is_safe_target(wanted) else ""
    first = Pending(
        user_id=user.id,
        stamp=user.security_stamp,
        door=door,
        remember=remember,
        wanted=wanted,
        began_at=int(now().timestamp()),
        factor=factor,
    )
    if next_step(user, first) is None:
        return begin(user, first)
    begin_pending(first)
    return go_on(user, first)


def pass_step(endpoint: str, *, factor: str = "") -> ResponseReturnValue:
    """Note that a step is behind, and lead to the next one or begin the session.

    Args:
        factor: the second factor that was given in it, if it asked for one.
    """
    pending, user = pending_sign_in(), pending_user()
    if pending is None or user is None:
        return start_again()
    pending = replace(pending, passed=(*pending.passed, endpoint), factor=factor or pending.factor)
    keep(pending)
    return go_on(user, pending)


def go_on(user: UserBase, pending: Pending) -> ResponseReturnValue:
    step = next_step(user, pending)
    if step is None:
        return begin(user, pending)
    if wants_json():
        return jsonify(next=url_for(step.endpoint), step=step.endpoint), 202
    return safe_redirect(url_for(step.endpoint))


def begin(user: UserBase, pending: Pending) -> ResponseReturnValue:
    end_pending()
    if pending.factor == TRUSTED:
        note_use(user)
    sign_in(user, door=pending.door, remember=pending.remember, factor=pending.factor)
    return on_to(pending.wanted, fallback=first_page(user))


def start_again() -> ResponseReturnValue:
    """To the sign-in page: there is no sign-in under way, or it was left too long."""
    if wants_json():
        return jsonify(detail="Sign in first.", next=url_for("auth.login")), 401
    return safe_redirect(url_for("auth.login"))


def identity_confirmed(wanted: str, *, by: str) -> ResponseReturnValue:
    """Note that the signed-in person has just proved again who they are, and lead on.

    Args:
        by: how, for the log: `password`, `passkey`, `code`, `oidc`.
    """
    mark_identity_confirmed()
    note("auth.identity_confirmed", current_user, changes={"by": by})
    db.session.commit()
    return on_to(wanted, fallback=url_for("auth.account"))


def on_to(wanted: str | None, *, fallback: str) -> ResponseReturnValue:
    """To the page that was asked for; a program is told its address."""
    if wants_json():
        return jsonify(next=wanted if wanted and is_safe_target(wanted) else fallback)
    return safe_redirect(wanted, fallback=fallback)
