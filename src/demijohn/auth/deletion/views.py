"""Pages: delete one's account, and keep it after all when signing in."""

from typing import Any

from flask import flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, recent_login_required
from demijohn.auth.addresses import comparable_address
from demijohn.auth.answers import form_again
from demijohn.auth.deletion.deleting import ask_for_deletion, deletion_of, keep_account
from demijohn.auth.deletion.forms import DeleteForm, KeepForm
from demijohn.auth.entering import go_on, pass_step, start_again
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.auth.login import logout_user
from demijohn.auth.pending import next_step, pending_sign_in, pending_user
from demijohn.errorpages import wants_json
from demijohn.security.redirects import safe_redirect
from demijohn.words import gettext


@recent_login_required
def delete() -> ResponseReturnValue:
    """Delete one's account: asks for its address, so that nobody does it by a slip."""
    form = DeleteForm()
    facts: dict[str, Any] = {"days": auth_of().section.deletion_grace_days, "email": current_user.email}
    if request.method != "POST":
        return render_template("auth/delete.html", form=form, **facts)
    if not form.validate():
        return form_again("auth/delete.html", form, **facts)
    if comparable_address(form.email.data or "") != current_user.email:
        form.refuse(gettext("This is not the address of your account."), "email")
        return form_again("auth/delete.html", form, **facts)
    try:
        due_at = ask_for_deletion(current_user)
    except Refused as refused:
        form.refuse(str(refused))
        return form_again("auth/delete.html", form, 409, **facts)
    logout_user()
    session.clear()
    if wants_json():
        return {"due_at": due_at.isoformat()}, 202
    flash(f"Your account will be deleted on {due_at:%d %B %Y}. To keep it, sign in before then.", "success")
    return safe_redirect(url_for("auth.login"))


def keep() -> ResponseReturnValue:
    """Between the proof of who one is and the session: keep the account, or leave it at that."""
    pending, user = pending_sign_in(), pending_user()
    if pending is None or user is None:
        return start_again()
    step = next_step(user, pending)
    found = deletion_of(user.id)
    if step is None or step.endpoint != "auth.keep" or found is None:
        return go_on(user, pending)
    form = KeepForm()
    facts: dict[str, Any] = {"due_at": found.due_at, "email": user.email}
    if request.method != "POST":
        if wants_json():
            return {"due_at": found.due_at.isoformat(), "detail": "Send a POST to keep the account."}
        return render_template("auth/keep.html", form=form, **facts)
    if not form.validate():
        return form_again("auth/keep.html", form, **facts)
    if keep_account(user) and not wants_json():
        flash(gettext("Your account stays."), "success")
    return pass_step("auth.keep")
