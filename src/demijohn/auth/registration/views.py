"""Pages: ask for an account, and make it from the mailed link."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user
from demijohn.auth.addresses import normalise_address
from demijohn.auth.answers import form_again
from demijohn.auth.companions import can_be_mailed
from demijohn.auth.entering import admit
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.auth.limits import may_ask_for_mail
from demijohn.auth.links import dead_link, forget_link, open_link, opened_link
from demijohn.auth.registration.forms import NewAccountForm, RegisterForm, may_lack_password, new_account_form
from demijohn.auth.registration.registering import NewAccount, domain_is_allowed, mail_registration_link, register
from demijohn.auth.sign_in import first_page
from demijohn.errorpages import wants_json
from demijohn.security.redirects import is_safe_target, safe_redirect
from demijohn.security.throttle import throttled_response
from demijohn.words import gettext


def register_page() -> ResponseReturnValue:
    """Ask for an account; the answer is the same whether or not there is one."""
    form = RegisterForm()
    wanted = form.next.data or request.args.get("next") or ""
    form.next.data = wanted = wanted if is_safe_target(wanted) else ""
    if request.method != "POST":
        if current_user.is_authenticated:
            return safe_redirect(wanted, fallback=first_page(current_user))
        return render_template("auth/register.html", form=form)
    if form.validate():
        refuse_address(form)
    if form.errors:
        return form_again("auth/register.html", form)
    address = normalise_address(form.email.data)
    verdict = may_ask_for_mail("register", address)
    if not verdict.allowed:
        return throttled_response(verdict)
    mail_registration_link(address, wanted=wanted)
    if wants_json():
        return {"detail": "A mail with the next step is on its way to this address."}, 202
    hours = max(1, auth_of().section.registration_seconds // 3600)
    return render_template("auth/register_sent.html", form=form, address=address, hours=hours)


def refuse_address(form: RegisterForm) -> None:
    """Refuse an address of another domain, or one that no mail can reach: both say nothing about accounts."""
    address = normalise_address(form.email.data)
    if not domain_is_allowed(address):
        allowed = ", ".join(auth_of().section.registration_domains)
        form.refuse(f"Only addresses of {allowed} can register here.", "email")
        return
    if not can_be_mailed(address):
        form.refuse(gettext("No mail can be sent to this address. Use another."), "email")


def confirm_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    return open_link("confirm", token, page="auth.confirm", again="auth.register")


def confirm() -> ResponseReturnValue:
    """Choose name and password: this makes the account and signs in."""
    token, found = opened_link("confirm")
    if found is None:
        return dead_link("auth.register")
    form = new_account_form()
    facts = new_account_facts(found.address)
    if request.method != "POST":
        return render_template("auth/confirm.html", form=form, **facts)
    if not form.validate():
        return form_again("auth/confirm.html", form, **facts)
    try:
        user = register(token, entered(form, found.address))
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again("auth/confirm.html", form, **facts)
    forget_link("confirm")
    if user is None:
        return dead_link("auth.register")
    return admit(user, door="link", wanted=str(found.payload.get("next", "")))


def new_account_facts(address: str) -> dict[str, Any]:
    """What the pages that make an account show beside their form."""
    section = auth_of().section
    return {"email": address, "min_length": section.password_min_length, "may_lack_password": may_lack_password()}


def entered(form: NewAccountForm, address: str) -> NewAccount:
    return NewAccount(
        address=address,
        name=(form.name.data or "").strip(),
        password=form.password.data or None,
        extra=form.extra_values(),
    )
