"""Pages: one's own account: name, password, sessions."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required, recent_login_required
from demijohn.auth.accounts import change_password, shortest_password
from demijohn.auth.answers import form_again
from demijohn.auth.companions import end_one_session, end_other_sessions, listed_sessions, note_at_once
from demijohn.auth.extension import auth_of
from demijohn.auth.forms import ChangePasswordForm, ProfileForm
from demijohn.auth.guards import Refused
from demijohn.auth.limits import may_sign_in, sign_in_succeeded
from demijohn.auth.login import renew_session
from demijohn.auth.models import UserBase
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.throttle import throttled_response
from demijohn.words import gettext


@login_required
def account() -> ResponseReturnValue:
    """Name and address, and the way to everything else."""
    form = ProfileForm(obj=current_user)
    if request.method == "POST":
        if not form.validate():
            return form_again("auth/account.html", form)
        current_user.name = (form.name.data or "").strip()
        db.session.commit()
        if wants_json():
            return profile()
        flash(gettext("Your name is saved."), "success")
        return redirect(url_for("auth.account"))
    return profile() if wants_json() else render_template("auth/account.html", form=form)


def profile() -> dict[str, Any]:
    """What the page shows, for a program."""
    roles = [role.name for role in current_user.roles]
    return {"email": current_user.email, "name": current_user.name, "roles": roles}


@login_required
def password() -> ResponseReturnValue:
    """Change the password; asks for the current one, and ends every other session."""
    form = ChangePasswordForm()
    facts: dict[str, Any] = {"email": current_user.email, "min_length": shortest_password(current_user)}
    if request.method != "POST":
        return render_template("auth/password.html", form=form, **facts)
    if not form.validate():
        return form_again("auth/password.html", form, **facts)
    verdict = may_sign_in(current_user.email)
    if not verdict.allowed:
        return throttled_response(verdict)
    if not is_current_password(current_user, form.current_password.data):
        note_at_once("auth.identity_refused", current_user.id)
        form.refuse(gettext("This is not your current password."), "current_password")
        return form_again("auth/password.html", form, **facts)
    sign_in_succeeded(current_user.email)
    try:
        change_password(current_user, form.new_password.data)
    except Refused as refused:
        form.refuse(str(refused), "new_password")
        return form_again("auth/password.html", form, **facts)
    renew_session(current_user)
    flash(gettext("Your password is changed. Every other device is signed out."), "success")
    return redirect(url_for("auth.account"))


def is_current_password(user: UserBase, given: str) -> bool:
    """Whether it is; verified while no transaction is open."""
    password_hash = user.password_hash
    db.session.rollback()
    return auth_of().passwords.verify(password_hash, given)


@login_required
def sessions() -> ResponseReturnValue:
    """Where one is signed in."""
    return render_template("auth/sessions.html", sessions=listed_sessions(current_user.id))


@recent_login_required
def end_session() -> ResponseReturnValue:
    """End one of one's own sessions, or all others (`session=others`)."""
    chosen = request.form.get("session", "")
    if chosen == "others":
        end_other_sessions(current_user)
        renew_session(current_user)
        flash(gettext("Every other device is signed out."), "success")
    elif chosen.isdecimal() and end_one_session(current_user.id, int(chosen[:18])):
        flash(gettext("That device is signed out."), "success")
    else:
        flash(gettext("That session had ended already."), "warning")
    return redirect(url_for("auth.sessions"))
