"""Pages that take a passkey as proof: sign-in, its second step, and the question who one is."""

from collections.abc import Callable
from typing import Any

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required, signed_in, signed_in_lately
from demijohn.auth.answers import form_again, problem
from demijohn.auth.companions import note, note_at_once
from demijohn.auth.entering import admit, identity_confirmed, pass_step, start_again
from demijohn.auth.factors import view_setup, view_step
from demijohn.auth.factors.policy import must_have_second_factor
from demijohn.auth.factors.registry import has_second_factor
from demijohn.auth.factors.trust import trust_days, trust_this_device
from demijohn.auth.guards import Refused
from demijohn.auth.login import mark_second_factor
from demijohn.auth.models import UserBase
from demijohn.auth.passkeys.asking import creation_options, request_options
from demijohn.auth.passkeys.challenges import Purpose
from demijohn.auth.passkeys.factor import KIND
from demijohn.auth.passkeys.forms import NewPasskeyForm, PasskeyForm
from demijohn.auth.passkeys.keeping import add_passkey
from demijohn.auth.passkeys.limits import may_show_passkey, passkey_was_right
from demijohn.auth.passkeys.proving import NotProvenError, prove
from demijohn.auth.passkeys.relying_party import relying_party
from demijohn.auth.passkeys.view_account import this_device
from demijohn.auth.pending import pending_user
from demijohn.auth.sign_in import first_page
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.redirects import is_safe_target, safe_redirect
from demijohn.security.throttle import throttled_response


def passkey_options() -> ResponseReturnValue:
    """What the browser needs before it asks for a passkey, for the `purpose` that the page names."""
    body = request.get_json(silent=True) if request.is_json else request.form
    purpose = body.get("purpose") if body is not None and hasattr(body, "get") else None
    ask = ASKING.get(purpose) if isinstance(purpose, str) else None
    if ask is None:
        return problem(422, detail="There is no such purpose.", errors={"purpose": [f"One of {', '.join(ASKING)}."]})
    answer = ask()
    return answer if not isinstance(answer, dict) else jsonify(publicKey=answer, origin=relying_party().origin)


def options_for_sign_in() -> dict[str, Any] | ResponseReturnValue:
    return request_options("sign-in")


def options_for_second_factor() -> dict[str, Any] | ResponseReturnValue:
    user = pending_user()
    if user is None:
        return problem(401, detail="Sign in first.", errors={})
    return request_options("second-factor", user)


def options_for_confirming() -> dict[str, Any] | ResponseReturnValue:
    return signed_in() or request_options("confirm", current_user)


def options_for_registering() -> dict[str, Any] | ResponseReturnValue:
    user = user_setting_up()
    if user is not None:
        return creation_options(user)
    return signed_in_lately() or creation_options(current_user)


ASKING: dict[str, Callable[[], dict[str, Any] | ResponseReturnValue]] = {
    "sign-in": options_for_sign_in,
    "second-factor": options_for_second_factor,
    "confirm": options_for_confirming,
    "register": options_for_registering,
}


def login_passkey() -> ResponseReturnValue:
    """Sign in with a passkey alone."""
    form = PasskeyForm()
    wanted = form.next.data or request.args.get("next") or ""
    form.next.data = wanted if is_safe_target(wanted) else ""
    if request.method != "POST":
        if current_user.is_authenticated:
            return safe_redirect(wanted, fallback=first_page(current_user))
        return render_template("auth/login_passkey.html", form=form)
    user = shown_by(form, "sign-in", page="auth/login_passkey.html")
    if not isinstance(user, UserBase):
        return user
    return admit(user, door="passkey", remember=form.remember.data, wanted=wanted, factor=KIND)


@login_required
def confirm_with_passkey() -> ResponseReturnValue:
    """Confirm that it is still the same person, by a passkey of theirs."""
    form = PasskeyForm()
    wanted = form.next.data or ""
    form.next.data = wanted if is_safe_target(wanted) else ""
    user = shown_by(form, "confirm", page="auth/confirm_passkey.html", user_id=current_user.id)
    if not isinstance(user, UserBase):
        return user
    mark_second_factor(KIND)
    return identity_confirmed(wanted, by="passkey")


def two_factor_with_passkey() -> ResponseReturnValue:
    """The second step of a sign-in under way, by a passkey of whoever signs in."""
    pending = pending_user()
    if pending is None:
        return start_again()
    form = PasskeyForm()
    user = shown_by(form, "second-factor", page="auth/step_passkey_again.html", user_id=pending.id)
    if not isinstance(user, UserBase):
        return user
    if form.trust.data and trust_days():
        trust_this_device(user)
        note("auth.device_trusted", user, by_user=True)
        db.session.commit()
    return pass_step(view_step.ENDPOINT, factor=KIND)


def set_up_passkey() -> ResponseReturnValue:
    """A passkey as the second factor that must be set up before a sign-in goes on; then shows the recovery codes."""
    user = user_setting_up()
    if user is None:
        return view_setup.two_factor_setup() if pending_user() else start_again()
    form = NewPasskeyForm()
    try:
        added = add_passkey(user, form.sent(), name=form.name.data or "", device=this_device())
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again("auth/setup_passkey_again.html", form)
    if wants_json():
        return jsonify(recovery_codes=added.codes, next=url_for(view_setup.ENDPOINT), step=view_setup.ENDPOINT)
    return render_template("auth/two_factor_done.html", codes=added.codes)


def user_setting_up() -> UserBase | None:
    """Whose sign-in waits until they have set up a second factor; None for who has one, or needs none."""
    user = pending_user()
    if user is None or has_second_factor(user) or not must_have_second_factor(user):
        return None
    return user


def shown_by(
    form: PasskeyForm, purpose: Purpose, *, page: str, user_id: int | None = None
) -> UserBase | ResponseReturnValue:
    """Whose passkey was shown; else the answer: wait, or `page` again with what is wrong."""
    verdict = may_show_passkey()
    if not verdict.allowed:
        return throttled_response(verdict)
    try:
        user = prove(form.sent(), purpose, user_id=user_id)
    except NotProvenError as refused:
        note_at_once("auth.passkey_refused", user_id or refused.user_id)
        form.refuse(str(refused))
        return form_again(page, form, refused.status, trust_days=trust_days())
    passkey_was_right()
    return user
