"""Page: the second step of signing in, by a code from the app, a recovery code, or what other factors add."""

from typing import Any

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from demijohn.auth.answers import form_again
from demijohn.auth.companions import note, note_at_once
from demijohn.auth.entering import pass_step, start_again
from demijohn.auth.factors import totp
from demijohn.auth.factors.forms import StepForm
from demijohn.auth.factors.recovery import codes_left, use_code
from demijohn.auth.factors.registry import factors_of
from demijohn.auth.factors.rules import FEW_RECOVERY_CODES, is_app_code, plain_code
from demijohn.auth.factors.trust import trust_days, trust_this_device
from demijohn.auth.limits import code_fitted, may_try_code, may_warn_of_guesses
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.notices import tell_owner
from demijohn.auth.pending import pending_user
from demijohn.database.base import db
from demijohn.security.throttle import Verdict, throttled_response

ENDPOINT = "auth.login_two_factor"
WRONG = "This code does not fit. Wait for the next one, and look whether the clock of your phone is right."
WRONG_RECOVERY = "This is not one of your recovery codes, or it was used already."
RECOVERY = "recovery_code"


def login_two_factor() -> ResponseReturnValue:
    """Ask for the second factor of a sign-in under way."""
    user = pending_user()
    if user is None:
        return start_again()
    form = StepForm()
    if request.method != "POST":
        return render_template("auth/two_factor_step.html", form=form, **facts_for(user))
    if not form.validate():
        return form_again("auth/two_factor_step.html", form, **facts_for(user))
    verdict = may_try_code(user.id)
    if not verdict.allowed:
        return refuse_guessing(user, verdict)
    return try_code(user.id, form)


def try_code(user_id: int, form: StepForm) -> ResponseReturnValue:
    db.session.rollback()  # what was read before the count was taken is not built upon
    user = db.session.get_one(user_class(), user_id)
    kind = use_any_code(user, form.code.data)
    if kind is None:
        db.session.rollback()
        note_at_once("auth.second_factor_failed", user_id)
        form.refuse(WRONG if is_app_code(plain_code(form.code.data)) else WRONG_RECOVERY, "code")
        return form_again("auth/two_factor_step.html", form, 401, **facts_for(user))
    if form.trust.data and trust_days() and kind != RECOVERY:
        trust_this_device(user)
        note("auth.device_trusted", user, by_user=True)
    db.session.commit()
    code_fitted(user_id)
    return pass_step(ENDPOINT, factor=kind)


def use_any_code(user: UserBase, text: str) -> str | None:
    """Use a code of the app or a recovery code; which it was, None if neither. The caller commits."""
    if is_app_code(plain_code(text)):
        return totp.KIND if totp.use_app_code(user.id, text) else None
    if not use_code(user.id, text):
        return None
    left = codes_left(user.id)
    note("auth.recovery_code_used", user, by_user=True, changes={"left": left})
    tell_owner(user, "recovery_code_used", left=left)
    if left <= FEW_RECOVERY_CODES:
        flash(f"Recovery codes left: {left}. Make new ones on the page Two-step sign-in of your account.", "warning")
    return RECOVERY


def facts_for(user: UserBase) -> dict[str, Any]:
    kinds = factors_of(user)
    by_app = any(factor.kind == totp.KIND for factor in kinds)
    return {
        "factors": kinds,
        "trust_days": trust_days(),
        "has_app": by_app,
        "asks_recovery": not by_app or request.args.get("use") == "recovery",
    }


def refuse_guessing(user: UserBase, verdict: Verdict) -> ResponseReturnValue:
    """Refuse more codes for a while, and tell the owner, once a day, that somebody with their password tries them."""
    user_id = user.id
    db.session.rollback()
    if may_warn_of_guesses(user_id):
        owner = db.session.get_one(user_class(), user_id)
        tell_owner(owner, "two_factor_guessed")
        note("auth.second_factor_throttled", owner)
        db.session.commit()
    return throttled_response(verdict)
