"""Pages: a new password by mail."""

from typing import Any

from flask import flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.accounts import find_user, mail_reset_link, reset_password, shortest_password
from demijohn.auth.addresses import AddressError, normalise_address
from demijohn.auth.answers import form_again
from demijohn.auth.companions import sends_mail
from demijohn.auth.entering import on_to
from demijohn.auth.extension import auth_of
from demijohn.auth.forms import ForgotForm, NewPasswordForm
from demijohn.auth.guards import Refused
from demijohn.auth.limits import may_ask_for_reset
from demijohn.auth.links import dead_link, forget_link, open_link, opened_link
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.throttle import throttled_response
from demijohn.words import gettext


def forgot() -> ResponseReturnValue:
    """Ask for a link by mail; the answer is the same whether or not there is an account."""
    if not sends_mail():
        return render_template("auth/no_mail.html"), 404
    form = ForgotForm()
    if request.method != "POST":
        return render_template("auth/forgot.html", form=form)
    if form.validate():
        refuse_no_address(form)
    if form.errors:
        return form_again("auth/forgot.html", form)
    verdict = may_ask_for_reset(form.email.data)
    if not verdict.allowed:
        return throttled_response(verdict)
    user = find_user(form.email.data)
    mail_reset_link(user if user is not None and user.is_active else None, normalise_address(form.email.data))
    db.session.commit()
    if wants_json():
        return {"detail": "If there is an account with this address, a mail is on its way."}, 202
    return render_template("auth/forgot_sent.html", minutes=auth_of().section.reset_seconds // 60)


def refuse_no_address(form: ForgotForm) -> None:
    try:
        normalise_address(form.email.data)
    except AddressError as error:
        form.refuse(str(error), "email")


def reset_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    return open_link("reset", token, page="auth.reset", again="auth.forgot")


def reset() -> ResponseReturnValue:
    """Set a new password with the token that the mailed link brought."""
    token, found = opened_link("reset")
    if found is None or found.user is None:
        return dead_link("auth.forgot")
    user, form = found.user, NewPasswordForm()
    facts: dict[str, Any] = {"email": user.email, "min_length": shortest_password(user)}
    if request.method != "POST":
        return render_template("auth/reset.html", form=form, **facts)
    if not form.validate():
        return form_again("auth/reset.html", form, **facts)
    try:
        was_first = reset_password(user, token, form.new_password.data)
    except Refused as refused:
        form.refuse(str(refused), "new_password")
        return form_again("auth/reset.html", form, **facts)
    forget_link("reset")
    if not was_first:
        return dead_link("auth.forgot")
    if not wants_json():
        flash(gettext("Your new password is set. Sign in with it."), "success")
    return on_to(None, fallback=url_for("auth.login"))
