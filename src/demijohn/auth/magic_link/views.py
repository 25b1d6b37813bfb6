"""Pages: ask for a sign-in link by mail, and sign in with it."""

from flask import flash, render_template, request
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user
from demijohn.auth.addresses import normalise_address
from demijohn.auth.answers import form_again
from demijohn.auth.entering import admit
from demijohn.auth.extension import auth_of
from demijohn.auth.limits import may_ask_for_mail
from demijohn.auth.links import dead_link, forget_link, open_link, opened_link
from demijohn.auth.magic_link.forms import EnterForm, LinkForm
from demijohn.auth.magic_link.linking import mail_sign_in_link, use_sign_in_link
from demijohn.auth.sign_in import first_page
from demijohn.errorpages import wants_json
from demijohn.security.redirects import is_safe_target, safe_redirect
from demijohn.security.throttle import throttled_response
from demijohn.words import gettext


def login_link() -> ResponseReturnValue:
    """Ask for a link by mail; the answer is the same whether or not there is an account."""
    form = LinkForm()
    wanted = form.next.data or request.args.get("next") or ""
    form.next.data = wanted = wanted if is_safe_target(wanted) else ""
    if request.method != "POST":
        if current_user.is_authenticated:
            return safe_redirect(wanted, fallback=first_page(current_user))
        return render_template("auth/login_link.html", form=form)
    if not form.validate():
        return form_again("auth/login_link.html", form)
    address = normalise_address(form.email.data)
    verdict = may_ask_for_mail("link", address)
    if not verdict.allowed:
        return throttled_response(verdict)
    mail_sign_in_link(address, remember=form.remember.data, wanted=wanted)
    if wants_json():
        return {"detail": "If there is an account with this address, a mail is on its way."}, 202
    return render_template("auth/link_sent.html", minutes=auth_of().section.magic_link_seconds // 60)


def link_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    return open_link("link", token, page="auth.link_confirm", again="auth.login_link")


def link_confirm() -> ResponseReturnValue:
    """Sign in with the link that was opened, at the press of a button."""
    token, found = opened_link("link")
    if found is None or found.user is None:
        return dead_link("auth.login_link")
    form = EnterForm()
    if request.method != "POST":
        return render_template("auth/link_confirm.html", form=form, email=found.address)
    if not form.validate():
        return form_again("auth/link_confirm.html", form, email=found.address)
    forget_link("link")
    entered = use_sign_in_link(token, found.user)
    if entered is None:
        return dead_link("auth.login_link")
    if entered.lost_password and not wants_json():
        flash(gettext("Your address is confirmed. The password from before that is gone: set a new one."), "warning")
    payload = found.payload
    return admit(entered.user, door="link", remember=bool(payload.get("remember")), wanted=str(payload.get("next", "")))
