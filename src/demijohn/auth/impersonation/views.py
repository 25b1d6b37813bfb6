"""Pages: begin and stop acting as another user."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, recent_login_required
from demijohn.auth.answers import form_again
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.auth.impersonation.acting import begin_acting, end_acting, refuse
from demijohn.auth.impersonation.forms import ActAsForm
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.permissions import scopes_of
from demijohn.auth.sign_in import first_page
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.redirects import safe_redirect
from demijohn.words import gettext


@recent_login_required
def act_as(user_id: int) -> ResponseReturnValue:
    """Say why, then see the application as this user does."""
    user = found_for_superuser(user_id)
    form = ActAsForm()
    facts: dict[str, Any] = {"user": user, "minutes": auth_of().section.impersonation_seconds // 60}
    try:
        refuse(current_user, user)
        if request.method != "POST":
            return render_template("auth/act_as.html", form=form, **facts)
        if not form.validate():
            return form_again("auth/act_as.html", form, **facts)
        begin_acting(current_user, user, reason=form.reason.data.strip())
    except Refused as refused:
        form.refuse(str(refused))
        return form_again("auth/act_as.html", form, 409, **facts)
    if wants_json():
        return {"acting_as": user.email, "next": first_page(user)}
    return safe_redirect(first_page(user))


def found_for_superuser(user_id: int) -> UserBase:
    """The user of this id; other people than superusers learn nothing about whether there is one."""
    if not current_user.is_superuser or scopes_of(current_user) is not None:
        abort(403)
    found = db.session.get(user_class(), user_id) if user_id < 2**63 else None
    return found or abort(404)


def stop_acting() -> ResponseReturnValue:
    """Be oneself again."""
    was_acting = end_acting()
    if wants_json():
        return "", 204
    flash(gettext("You are yourself again.") if was_acting else gettext("You were not acting as anybody."), "success")
    return redirect(url_for("auth.account"))
