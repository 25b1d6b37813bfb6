"""Page: what keeps a user from signing in, and lifting it; for whoever may edit users."""

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import can, current_user, recent_login_required
from demijohn.auth.companions import note
from demijohn.auth.locks.lifting import Lock, lift_locks, locks_on
from demijohn.auth.models import UserBase, user_class
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.throttle import unreached


@recent_login_required
def locks(user_id: int) -> ResponseReturnValue:
    """The limits a user is under, and since POST none."""
    user = found_for_editor(user_id)
    email, name = user.email, user.name
    if request.method != "POST":
        found = locks_on(email)
        if wants_json():
            return {"email": email, "locks": [facts_of(lock) for lock in found]}
        facts: dict[str, Any] = {"user_id": user_id, "name": name or email, "locks": found, "unreached": unreached()}
        return render_template("auth/locks.html", users_screen=users_screen(), **facts)
    db.session.rollback()  # counts are cleared past `db.session`, which must hold no lock meanwhile
    lifted = lift_locks(email)
    note("auth.unlocked", db.session.get(user_class(), user_id), changes={"limits": words_of(lifted)})
    db.session.commit()
    if wants_json():
        return {"email": email, "lifted": [facts_of(lock) for lock in lifted]}
    flash(f"{name or email} can try again at once.", "success")
    return redirect(url_for("auth.locks", user_id=user_id))


def found_for_editor(user_id: int) -> UserBase:
    """The user of this id; whoever may not edit them learns nothing about whether there is one."""
    user = db.session.get(user_class(), user_id) if user_id < 2**63 else None
    if not can(current_user, "user.edit", user):
        abort(403)
    return user or abort(404)


def users_screen() -> str | None:
    """Where the page was probably opened from, if the dashboard is on."""
    endpoint = "admin_user.index_view"
    return url_for(endpoint) if endpoint in current_app.view_functions else None


def facts_of(lock: Lock) -> dict[str, str]:
    return {"what": lock.what, "from": lock.origin, "until": lock.until.isoformat(timespec="seconds")}


def words_of(locks: list[Lock]) -> list[str]:
    return [f"{lock.what} from {lock.origin}" for lock in locks]
