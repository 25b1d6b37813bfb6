"""Pages: the passkeys of one's own account."""

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, recent_login_required
from demijohn.auth.answers import form_again
from demijohn.auth.extension import auth_of
from demijohn.auth.factors.forms import PlainForm, TurnOffForm
from demijohn.auth.factors.turning_off import form_for, refuse_wrong_password
from demijohn.auth.forms import AccountForm
from demijohn.auth.guards import Refused
from demijohn.auth.passkeys.asking import signals
from demijohn.auth.passkeys.forms import NewPasskeyForm, RenamePasskeyForm
from demijohn.auth.passkeys.keeping import (
    add_passkey,
    is_last_factor,
    own_passkey,
    passkeys_of,
    remove_passkey,
    rename_passkey,
)
from demijohn.auth.passkeys.models import Passkey
from demijohn.auth.passkeys.relying_party import host_name
from demijohn.auth.rules import device_of
from demijohn.errorpages import wants_json
from demijohn.security.throttle import throttled_response
from demijohn.words import gettext

PAGE = "auth/passkey.html"


@recent_login_required
def passkeys() -> ResponseReturnValue:
    """One's own passkeys; POST adds the one that the browser just made."""
    form = NewPasskeyForm()
    if request.method != "POST":
        return listed(form)
    try:
        added = add_passkey(current_user, form.sent(), name=form.name.data or "", device=this_device())
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again("auth/passkeys.html", form, **facts())
    if wants_json():
        return jsonify(**described(added.passkey), recovery_codes=added.codes), 201
    if added.codes:
        return render_template("auth/passkey_added.html", name=added.passkey.name, codes=added.codes)
    flash(gettext("“%(name)s” is added. You can sign in with it from now on.", name=added.passkey.name), "success")
    return redirect(url_for("auth.passkeys"))


def this_device() -> str:
    """The browser of this request, in words."""
    return device_of(request.user_agent.string)


def listed(form: NewPasskeyForm) -> ResponseReturnValue:
    if wants_json():
        return jsonify(passkeys=[described(one) for one in passkeys_of(current_user.id)])
    return render_template("auth/passkeys.html", form=form, **facts())


def facts() -> dict[str, Any]:
    """What the list shows."""
    return {
        "passkeys": passkeys_of(current_user.id),
        "most": auth_of().section.passkeys.most_per_user,
        "here": host_name(),
        "signals": signals(current_user),
    }


@recent_login_required
def passkey(passkey_id: int) -> ResponseReturnValue:
    """One passkey of one's own: when it was used, and its name, which POST changes."""
    found = own_or_404(passkey_id)
    form = RenamePasskeyForm(obj=found)
    if request.method != "POST":
        return jsonify(described(found)) if wants_json() else render_template(PAGE, **parts(found, form))
    try:
        rename_passkey(current_user, found, form.name.data or "")
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again(PAGE, **parts(found, form))
    if wants_json():
        return jsonify(described(found))
    flash(gettext("The name is saved."), "success")
    return redirect(url_for("auth.passkeys"))


@recent_login_required
def remove_own_passkey(passkey_id: int) -> ResponseReturnValue:
    """Remove one of one's own passkeys; asks for the password that is to stand alone from then on."""
    found = own_or_404(passkey_id)
    form = removal_form(found)
    status = 422
    if form.validate() and isinstance(form, TurnOffForm):
        verdict = refuse_wrong_password(current_user, form)
        if verdict is not None:
            return throttled_response(verdict)
    if not form.errors:
        name = found.name
        try:
            remove_passkey(current_user, passkey_id)
            return removed(name)
        except Refused as refused:
            form.refuse(str(refused))
            status = 409
    shown = {**parts(found, RenamePasskeyForm(None, obj=found)), "removal": form}
    return form_again(PAGE, form, status) if wants_json() else (render_template(PAGE, **shown), 422)


def removal_form(found: Passkey) -> AccountForm:
    """What is asked before a passkey goes: the password, if no second factor would be left beside it."""
    return form_for(current_user) if is_last_factor(current_user, found) else PlainForm()


def removed(name: str) -> ResponseReturnValue:
    if wants_json():
        return "", 204
    flash(
        gettext("“%(name)s” is removed. Where it was used to sign in, that session goes on: see Devices.", name=name),
        "success",
    )
    return redirect(url_for("auth.passkeys"))


def parts(found: Passkey, form: RenamePasskeyForm) -> dict[str, Any]:
    """What the page of one passkey shows."""
    return {
        "form": form,
        "removal": removal_form(found),
        "passkey": found,
        "here": host_name(),
    }


def own_or_404(passkey_id: int) -> Passkey:
    """The passkey, if it is one's own; somebody else's is as little there as none."""
    found = own_passkey(current_user.id, passkey_id) if passkey_id < 2**63 else None
    if found is None:
        abort(404)
    return found


def described(found: Passkey) -> dict[str, Any]:
    """A passkey as programs see it."""
    return {
        "id": found.id,
        "name": found.name,
        "created_at": found.created_at.isoformat(),
        "last_used_at": found.last_used_at.isoformat() if found.last_used_at else None,
        "is_backed_up": found.is_backed_up,
        "is_flagged": found.flagged_at is not None,
        "works_here": found.rp_id == host_name(),
    }
