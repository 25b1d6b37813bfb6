"""Pages: accept an invitation."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from demijohn.auth.answers import form_again
from demijohn.auth.entering import admit
from demijohn.auth.guards import Refused
from demijohn.auth.invitations.inviting import accept, invitation_of
from demijohn.auth.links import dead_link, forget_link, open_link, opened_link
from demijohn.auth.registration.forms import new_account_form
from demijohn.auth.registration.views import entered, new_account_facts

DEAD = "This invitation no longer works: it was accepted, revoked, sent again, or is too old. Ask for a new one."


def invite_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address."""
    return open_link("invite", token, page="auth.invite", text=DEAD)


def invite() -> ResponseReturnValue:
    """Choose name and password: this makes the account and signs in."""
    token, found = opened_link("invite")
    invitation = invitation_of(found) if found is not None else None
    if found is None or invitation is None:
        return dead_link(text=DEAD)
    form = new_account_form()
    inviter = invitation.invited_by
    facts = {**new_account_facts(found.address), "inviter": inviter and (inviter.name or inviter.email)}
    if request.method != "POST":
        return render_template("auth/invite.html", form=form, **facts)
    if not form.validate():
        return form_again("auth/invite.html", form, **facts)
    try:
        user = accept(token, invitation, entered(form, found.address))
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again("auth/invite.html", form, **facts)
    forget_link("invite")
    return dead_link(text=DEAD) if user is None else admit(user, door="link")
