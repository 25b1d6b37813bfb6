"""Pages that take a passkey as proof: sign-in, and the question who one is before a sensitive step."""

from collections.abc import Callable
from typing import Any

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required, signed_in, signed_in_lately
from demijohn.auth.answers import form_again, problem
from demijohn.auth.companions import note_at_once
from demijohn.auth.entering import admit, identity_confirmed
from demijohn.auth.models import UserBase
from demijohn.auth.passkeys.asking import creation_options, request_options
from demijohn.auth.passkeys.challenges import Purpose
from demijohn.auth.passkeys.forms import PasskeyForm
from demijohn.auth.passkeys.limits import may_show_passkey, passkey_was_right
from demijohn.auth.passkeys.proving import NotProvenError, prove
from demijohn.auth.passkeys.relying_party import relying_party
from demijohn.auth.pending import pending_user
from demijohn.auth.sign_in import first_page
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
    return admit(user, door="passkey", remember=form.remember.data, wanted=wanted, factor="passkey")


@login_required
def confirm_with_passkey() -> ResponseReturnValue:
    """Confirm that it is still the same person, by a passkey of theirs."""
    form = PasskeyForm()
    wanted = form.next.data or ""
    form.next.data = wanted if is_safe_target(wanted) else ""
    user = shown_by(form, "confirm", page="auth/confirm_passkey.html", user_id=current_user.id)
    if not isinstance(user, UserBase):
        return user
    return identity_confirmed(wanted, by="passkey")


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
        note_at_once("auth.passkey_refused", refused.user_id)
        form.refuse(str(refused))
        return form_again(page, form, refused.status)
    passkey_was_right()
    return user
