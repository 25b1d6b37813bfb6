"""Pages: sign in, sign out, and the password asked again before a sensitive step."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required
from demijohn.auth.answers import form_again
from demijohn.auth.capabilities import arrival, farewell, proofs, ways_in
from demijohn.auth.companions import note_at_once, sends_mail
from demijohn.auth.entering import admit, identity_confirmed
from demijohn.auth.extension import auth_of
from demijohn.auth.forms import AccountForm, ConfirmIdentityForm, LoginForm
from demijohn.auth.limits import may_sign_in, sign_in_succeeded
from demijohn.auth.sign_in import authenticate, first_page, rehash_if_outdated, sign_out
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.redirects import is_safe_target, safe_redirect
from demijohn.security.throttle import throttled_response
from demijohn.words import gettext

WRONG = "That address and password do not match an account that can sign in."


def login() -> ResponseReturnValue:
    """Sign in with address and password."""
    form = LoginForm()
    wanted = form.next.data or request.args.get("next") or ""
    if request.method != "POST":
        if current_user.is_authenticated:
            return safe_redirect(wanted, fallback=first_page(current_user))
        return arrival(wanted) or login_page(form, wanted)
    if not form.validate():
        return login_page(form, wanted)
    verdict = may_sign_in(form.email.data)
    if not verdict.allowed:
        return throttled_response(verdict)
    user = authenticate(form.email.data, form.password.data)
    if user is None:
        form.refuse(gettext(WRONG))
        return login_page(form, wanted, status=401)
    sign_in_succeeded(form.email.data)
    rehash_if_outdated(user, form.password.data)
    return admit(user, door="password", remember=form.remember.data, wanted=wanted)


def login_page(form: LoginForm, wanted: str, *, status: int = 422) -> ResponseReturnValue:
    form.next.data = wanted if is_safe_target(wanted) else ""
    facts: dict[str, Any] = {"can_reset": sends_mail(), "ways": ways_in(), "wanted": form.next.data}
    if form.errors:
        return form_again("auth/login.html", form, status, **facts)
    return render_template("auth/login.html", form=form, **facts)


def logout() -> ResponseReturnValue:
    """End this session (POST only: a link or an image can't sign anybody out)."""
    answer = farewell()
    sign_out(current_user)
    if answer is not None:
        return answer()
    if wants_json():
        return "", 204
    flash(gettext("You are signed out."), "success")
    return safe_redirect(url_for("auth.login"))


@login_required
def confirm_identity() -> ResponseReturnValue:
    """Ask for the password again, then go on."""
    form = ConfirmIdentityForm()
    wanted = form.next.data or request.args.get("next") or ""
    form.next.data = wanted if is_safe_target(wanted) else ""
    wanted = form.next.data
    if request.method != "POST" or not form.validate():
        return confirm_page(wanted, form)
    email, password_hash = current_user.email, current_user.password_hash
    verdict = may_sign_in(email)
    if not verdict.allowed:
        return throttled_response(verdict)
    db.session.rollback()
    if not auth_of().passwords.verify(password_hash, form.password.data):
        note_at_once("auth.identity_refused", current_user.id)
        form.refuse(gettext("This is not your password."), "password")
        return confirm_page(wanted, form)
    sign_in_succeeded(email)
    return identity_confirmed(wanted, by="password")


def confirm_page(
    wanted: str, form: ConfirmIdentityForm | None = None, *, code_form: AccountForm | None = None
) -> ResponseReturnValue:
    """The page that asks for a proof, with what is wrong with the one that was given.

    Args:
        code_form: filled in instead of the password's form.
    """
    form = form or ConfirmIdentityForm(formdata=None, data={"next": wanted})
    facts: dict[str, Any] = {"proofs": proofs(), "wanted": wanted, "form": form, "code_form": code_form}
    wrong = code_form or form
    if wrong.errors and wants_json():
        return form_again("auth/confirm_identity.html", wrong)
    return render_template("auth/confirm_identity.html", **facts), 422 if wrong.errors else 200
