"""Where the buttons of the user's page send to."""

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import can, current_user, login_required
from demijohn.auth.guards import Refused, refuse_overreach
from demijohn.auth.login import identity_is_recent, send_to_confirm_identity
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.people.doings import DOINGS, EDIT, Doing
from demijohn.database.base import db
from demijohn.errorpages import wants_json

PAGE = "admin_user.details_view"


@login_required
def change_person(user_id: int, doing: str) -> ResponseReturnValue:
    """Do one thing to a user, then show their page again with what happened."""
    wanted = DOINGS.get(doing) or abort(404)
    user = found_for(wanted, user_id)
    if not identity_is_recent():
        return send_to_confirm_identity(page_of(user_id))
    try:
        refuse_overreach(current_user, user)
        said = wanted.run(user, number())
    except Refused as refused:
        db.session.rollback()
        return told(user_id, str(refused), is_well=False)
    return told(user_id, said, is_well=True)


def found_for(doing: Doing, user_id: int) -> UserBase:
    """The user of this id, if the person asking may do this to them; the others learn nothing about who there is."""
    user = db.session.get(user_class(), user_id) if user_id < 2**63 else None
    if not can(current_user, EDIT, user) or not all(can(current_user, name) for name in doing.permissions):
        abort(403)
    if user is None:
        abort(404)
    if user.id == current_user.id:
        abort(409, description="This is you. Your own account has pages for it.")
    return user


def number() -> int:
    """The id of the session or token that is meant; 0 if none was sent."""
    text = request.form.get("number", "0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def told(user_id: int, text: str, *, is_well: bool) -> ResponseReturnValue:
    if wants_json():
        return {"detail": text} if is_well else abort(409, description=text)
    flash(text, "success" if is_well else "error")
    return redirect(page_of(user_id))


def page_of(user_id: int) -> str:
    """The user's page, if the dashboard is on."""
    if PAGE in current_app.view_functions:
        return url_for(PAGE, id=user_id)
    return url_for("auth.account")
