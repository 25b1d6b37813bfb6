"""A sign-in under way: the first proof was right, and a step is still to pass.

Such a session belongs to nobody: Flask-Login sees a stranger, and nothing but the pages of the steps reads it.
"""

from dataclasses import asdict, dataclass
from typing import Any

from flask import session

from demijohn.auth.capabilities import steps
from demijohn.auth.capability import Step
from demijohn.auth.models import UserBase, user_class
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.csrf import renew_token

PENDING = "_pending_sign_in"
LIVES_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What is known so far.

    Attributes:
        door: how the first proof was given (`password`, `link`, `passkey`, `oidc`, `remote`).
        wanted: where to go when all is done; checked when it is used.
        factor: the second factor that was given (`totp`, `passkey`, …); empty if none was yet.
        passed: endpoints of the steps behind us.
        began_at: when the first proof was given (seconds since 1970); after 15 minutes it counts no longer.
    """

    user_id: int
    stamp: str
    door: str
    remember: bool
    wanted: str
    began_at: int
    factor: str = ""
    passed: tuple[str, ...] = ()


def begin_pending(pending: Pending) -> None:
    """Note the first proof under a new session id; whoever was signed in here is not any more."""
    session.clear()
    renew_token()
    keep(pending)
    session["_fresh"] = False  # a rise in privilege: the sessions battery takes a new id when this key changes


def keep(pending: Pending) -> None:
    session[PENDING] = {**asdict(pending), "passed": list(pending.passed)}


def pending_sign_in() -> Pending | None:
    """The sign-in under way in this session; None if there is none, or it was left too long."""
    stored: dict[str, Any] | None = session.get(PENDING)
    if stored is None:
        return None
    pending = Pending(**{**stored, "passed": tuple(stored["passed"])})
    if 0 <= now().timestamp() - pending.began_at < LIVES_SECONDS:
        return pending
    end_pending()
    return None


def pending_user() -> UserBase | None:
    """Whose sign-in is under way; None if nobody's, or the account was changed or disabled meanwhile."""
    pending = pending_sign_in()
    user = db.session.get(user_class(), pending.user_id) if pending else None
    if pending is None or user is None or not user.is_active or user.security_stamp != pending.stamp:
        end_pending()
        return None
    return user


def end_pending() -> None:
    session.pop(PENDING, None)


def next_step(user: UserBase, pending: Pending) -> Step | None:
    """The first step that is due and not behind us."""
    ahead = (step for step in steps() if step.endpoint not in pending.passed)
    if pending.factor:
        ahead = (step for step in ahead if not step.asks_second_factor)
    return next((step for step in ahead if step.is_due(user, pending.door)), None)
