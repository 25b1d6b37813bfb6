"""Pages: another e-mail address for one's account."""

from datetime import timedelta

from flask import flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, recent_login_required
from demijohn.auth.accounts import find_user
from demijohn.auth.addresses import normalise_address
from demijohn.auth.answers import form_again
from demijohn.auth.companions import can_be_mailed, sends_mail
from demijohn.auth.email_change.changing import ask_for_change, change_address, undo_change
from demijohn.auth.email_change.forms import ConsentForm, NewAddressForm
from demijohn.auth.entering import on_to
from demijohn.auth.extension import auth_of
from demijohn.auth.limits import may_ask_for_mail
from demijohn.auth.links import dead_link, forget_link, key, open_link, opened_link
from demijohn.auth.login import renew_session, send_to_sign_in
from demijohn.auth.models import UserBase
from demijohn.auth.tokens import issue_token
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.throttle import throttled_response
from demijohn.words import gettext

OPEN_AGAIN = "This browser knows of no such link. Open the one in the mail again, here."
NOT_YOURS = "This link is for another account than the one that is signed in. Sign out, and open it again."
TAKEN_BACK = "Your address is yours again, and every device is signed out. Choose a new password."


@recent_login_required
def email() -> ResponseReturnValue:
    """Ask for another address; nothing changes until its mailbox has answered."""
    if not sends_mail():
        return render_template("auth/no_mail.html"), 404
    form = NewAddressForm()
    if request.method != "POST":
        return render_template("auth/email.html", form=form)
    if form.validate():
        refuse_address(form)
    if form.errors:
        return form_again("auth/email.html", form)
    address = normalise_address(form.email.data)
    verdict = may_ask_for_mail("email", current_user.email)
    if not verdict.allowed:
        return throttled_response(verdict)
    ask_for_change(current_user, address)
    if wants_json():
        return {"detail": "A mail with a link is on its way to the new address."}, 202
    hours = max(1, auth_of().section.email_change_seconds // 3600)
    return render_template("auth/email_sent.html", address=address, hours=hours)


def refuse_address(form: NewAddressForm) -> None:
    """Refuse the present address, and one that no mail can reach."""
    address = normalise_address(form.email.data)
    if address == current_user.email:
        form.refuse(gettext("This is your address already."), "email")
        return
    if not can_be_mailed(address):
        form.refuse(gettext("No mail can be sent to this address. Use another."), "email")


def email_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    return open_link("email", token, page="auth.email_confirm", again="auth.email")


def email_confirm() -> ResponseReturnValue:
    """Use the new address from now on; both its mailbox and the account must be this person's."""
    if not current_user.is_authenticated:
        return send_to_sign_in()
    token, found = opened_link("email")
    if found is None or found.user is None:
        return dead_link("auth.email") if token else dead_link("auth.email", text=OPEN_AGAIN)
    if found.user.id != current_user.id:
        return dead_link(text=NOT_YOURS)
    form, address = ConsentForm(), found.address
    if request.method != "POST":
        return render_template("auth/email_confirm.html", form=form, address=address)
    if not form.validate():
        return form_again("auth/email_confirm.html", form, address=address)
    return use_new_address(found.user, token, address)


def use_new_address(user: UserBase, token: str, address: str) -> ResponseReturnValue:
    forget_link("email")
    if not change_address(user, token, address):
        return dead_link("auth.email")
    renew_session(current_user)
    if not wants_json():
        flash(gettext("Your new address is in use. Every other device is signed out."), "success")
    return on_to(None, fallback=url_for("auth.account"))


def email_undo_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    return open_link("undo", token, page="auth.email_undo")


def email_undo() -> ResponseReturnValue:
    """Take a change of address back, from the old mailbox, and lead on to a new password."""
    token, found = opened_link("undo")
    if found is None or found.user is None:
        return dead_link()
    form, old = ConsentForm(), found.address
    if request.method != "POST":
        return render_template("auth/email_undo.html", form=form, address=old)
    if not form.validate():
        return form_again("auth/email_undo.html", form, address=old)
    forget_link("undo")
    if not undo_change(found.user, token, old):
        return dead_link()
    session.clear()  # whoever is signed in here may be whom this is against
    return on_to_new_password(old)


def on_to_new_password(address: str) -> ResponseReturnValue:
    """To the page that sets a password: the mailbox has just been proved, as a reset link would."""
    user = find_user(address)
    lives_for = timedelta(seconds=auth_of().section.reset_seconds)
    session[key("reset")] = issue_token("reset", user, address, lives_for=lives_for)
    db.session.commit()
    if not wants_json():
        flash(TAKEN_BACK, "success")
    return on_to(None, fallback=url_for("auth.reset"))
