"""Page: an administrator takes somebody's second factors away, because they are lost."""

from flask import abort, current_app, flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import can, current_user, recent_login_required
from demijohn.auth.answers import form_again
from demijohn.auth.entering import on_to
from demijohn.auth.factors.changes import reset_second_factors
from demijohn.auth.factors.forms import PlainForm
from demijohn.auth.factors.registry import factors_of
from demijohn.auth.guards import Refused, refuse_overreach
from demijohn.auth.models import UserBase, user_class
from demijohn.database.base import db
from demijohn.errorpages import wants_json

PERMISSION = "user.edit"


@recent_login_required
def reset_two_factor(user_id: int) -> ResponseReturnValue:
    """Ask, then take every second factor, recovery code and trusted device away."""
    user = found_for_editor(user_id)
    form = PlainForm()
    if request.method != "POST" or not form.validate():
        facts = {"user": user, "labels": [factor.label for factor in factors_of(user)], "back": back_to_users()}
        if form.errors:
            return form_again("auth/reset_two_factor.html", form, 422, **facts)
        return render_template("auth/reset_two_factor.html", form=form, **facts)
    reset_second_factors(user)
    text = f"{user.email} has no second factor any more, is signed out everywhere, and gets a mail about it."
    if wants_json():
        return jsonify(detail=text)
    flash(text, "success")
    return on_to(None, fallback=back_to_users())


def found_for_editor(user_id: int) -> UserBase:
    """The user of this id, if the person asking may change them; not oneself, who has a page for it."""
    if not can(current_user, PERMISSION):
        abort(403)
    user = db.session.get(user_class(), user_id) if user_id < 2**63 else None
    if user is None:
        abort(404)
    if user.id == current_user.id:
        abort(409, description="This is you. Use the page Two-step sign-in of your account.")
    if not can(current_user, PERMISSION, user):
        abort(403)
    try:
        refuse_overreach(current_user, user)
    except Refused as refused:
        abort(403, description=str(refused))
    return user


def back_to_users() -> str:
    return url_for("admin_user.index_view" if "admin_user.index_view" in current_app.view_functions else "auth.account")
