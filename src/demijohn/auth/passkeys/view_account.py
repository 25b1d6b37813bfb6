"""Pages: the passkeys of one's own account."""

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, recent_login_required
from demijohn.auth.answers import form_again
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.auth.passkeys.asking import signals
from demijohn.auth.passkeys.forms import NewPasskeyForm, RenamePasskeyForm
from demijohn.auth.passkeys.keeping import add_passkey, own_passkey, passkeys_of, remove_passkey, rename_passkey
from demijohn.auth.passkeys.models import Passkey
from demijohn.auth.passkeys.relying_party import relying_party
from demijohn.auth.rules import device_of
from demijohn.errorpages import wants_json


@recent_login_required
def passkeys() -> ResponseReturnValue:
    """One's own passkeys; POST adds the one that the browser just made."""
    form = NewPasskeyForm()
    if request.method != "POST":
        return listed(form)
    device = device_of(request.user_agent.string)
    try:
        added = add_passkey(current_user, form.sent(), name=form.name.data or "", device=device)
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again("auth/passkeys.html", form, **facts())
    if wants_json():
        return jsonify(described(added)), 201
    flash(f"“{added.name}” is added. You can sign in with it from now on.", "success")
    return redirect(url_for("auth.passkeys"))


def listed(form: NewPasskeyForm) -> ResponseReturnValue:
    if wants_json():
        return jsonify(passkeys=[described(one) for one in passkeys_of(current_user.id)])
    return render_template("auth/passkeys.html", form=form, **facts())


def facts() -> dict[str, Any]:
    """What the list shows."""
    return {
        "passkeys": passkeys_of(current_user.id),
        "most": auth_of().section.passkeys.most_per_user,
        "here": relying_party().id,
        "signals": signals(current_user),
    }


@recent_login_required
def passkey(passkey_id: int) -> ResponseReturnValue:
    """One passkey of one's own: when it was used, and its name, which POST changes."""
    found = own_or_404(passkey_id)
    form = RenamePasskeyForm(obj=found)
    if request.method != "POST":
        return jsonify(described(found)) if wants_json() else detailed(found, form)
    try:
        rename_passkey(current_user, found, form.name.data or "")
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again("auth/passkey.html", form, passkey=found, here=relying_party().id)
    if wants_json():
        return jsonify(described(found))
    flash("The name is saved.", "success")
    return redirect(url_for("auth.passkeys"))


def detailed(found: Passkey, form: RenamePasskeyForm) -> ResponseReturnValue:
    return render_template("auth/passkey.html", form=form, passkey=found, here=relying_party().id)


@recent_login_required
def remove_own_passkey(passkey_id: int) -> ResponseReturnValue:
    """Remove one of one's own passkeys."""
    found = own_or_404(passkey_id)
    name = found.name
    try:
        remove_passkey(current_user, passkey_id)
    except Refused as refused:
        form = RenamePasskeyForm(obj=found)
        form.refuse(str(refused))
        return form_again("auth/passkey.html", form, 409, passkey=found, here=relying_party().id)
    if wants_json():
        return "", 204
    flash(f"“{name}” is removed. Where it was used to sign in, that session goes on: see Devices.", "success")
    return redirect(url_for("auth.passkeys"))


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
        "works_here": found.rp_id == relying_party().id,
    }
