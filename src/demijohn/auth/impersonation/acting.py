"""A superuser's session in which another user is acted as.

The session stays the superuser's: it ends with theirs, and their demotion ends the acting at the next request.
"""

from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, g, request, session

from demijohn.auth.capability import Identified
from demijohn.auth.companions import note
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.auth.login import USER, act_as, load_user
from demijohn.auth.models import UserBase, user_class
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.words import gettext

ACTING = "_acting"
"""Session key: whom this superuser acts as, and until when."""
STAND_IN = "This can't be done while you act as somebody else. Stop acting first."
OPEN = frozenset({"auth.account", "auth.logout", "auth.stop_acting"})
"""Account pages that are open meanwhile; the rest is for the owner in person."""
SHOWN = "demijohn_acting"
"""Where a request keeps who acts as whom (an attribute of `g`)."""


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Addresses of who acts and of whom they act as."""

    superuser: str
    user: str


def begin_acting(superuser: UserBase, user: UserBase, *, reason: str) -> None:
    """Act as the user from the next request on, and commit.

    Raises:
        Refused: it would hide who acts (oneself, another superuser), or the user may not sign in.
    """
    refuse(superuser, user)
    ends = int(now().timestamp()) + auth_of().section.impersonation_seconds
    note("auth.acting_began", user, changes={"reason": reason, "seconds": auth_of().section.impersonation_seconds})
    db.session.commit()
    session[ACTING] = {"user": user.id, "stamp": user.security_stamp, "until": ends}


def refuse(superuser: UserBase, user: UserBase) -> None:
    if user.id == superuser.id:
        raise Refused(gettext("This is you."))
    if user.is_superuser:
        raise Refused(gettext("Nobody acts as another superuser: it would hide who did what."))
    if not user.is_active:
        raise Refused(gettext("This user is disabled. Enable the account first."))


def end_acting() -> bool:
    """Be oneself again from the next request on, and commit; whether anybody was acted as."""
    stored = session.pop(ACTING, None)
    if stored is not None:
        note("auth.acting_ended", db.session.get(user_class(), stored["user"]))
        db.session.commit()
    return stored is not None


def identify() -> Identified | None:
    """The user acted as, if this session's superuser does; None otherwise."""
    stored: dict[str, Any] | None = session.get(ACTING)
    if stored is None:
        return None
    superuser = load_user(session.get(USER))
    user = db.session.get(user_class(), stored["user"]) if superuser and superuser.is_superuser else None
    if superuser is None or user is None or not still_holds(stored, user):
        session.pop(ACTING, None)
        return None
    setattr(g, SHOWN, Acting(superuser=superuser.email, user=user.email))
    act_as(user, label=f"{superuser.email} as {user.email}", actor_id=superuser.id, stand_in=STAND_IN)
    return Identified(user=user, by_session=True)


def still_holds(stored: dict[str, Any], user: UserBase) -> bool:
    """Whether the time is not over, and nothing has changed that would have ended the user's own sessions."""
    is_in_time = now().timestamp() < stored["until"]
    return is_in_time and user.is_active and not user.is_superuser and user.security_stamp == stored["stamp"]


def keep_off_the_account_pages() -> None:
    """Refuse what only the owner does: password, factors, tokens, sessions, the address."""
    if request.blueprint != "auth" or (request.endpoint in OPEN and request.method != "POST"):
        return
    if request.endpoint not in {"auth.logout", "auth.stop_acting"} and acting() is not None:
        abort(403, description=STAND_IN)


def acting(known_only: bool = False) -> Acting | None:  # noqa: FBT001, FBT002 - a template's argument
    """Who acts as whom in this request; asks nothing of strangers.

    Args:
        known_only: what was asked already, for error pages, which must not ask the database.
    """
    known: Acting | None = g.get(SHOWN)
    if known is not None or known_only:
        return known
    if not request.cookies.get(current_app.config["SESSION_COOKIE_NAME"]) or ACTING not in session:
        return None
    from demijohn.auth.access import current_user

    if not current_user.is_authenticated:
        return None
    shown: Acting | None = g.get(SHOWN)
    return shown
