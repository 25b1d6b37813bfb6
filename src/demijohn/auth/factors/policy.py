"""Who must have a second factor, and what a request without one is refused."""

from typing import Any

from flask import g

from demijohn.auth.extension import auth_of
from demijohn.auth.factors.registry import has_second_factor
from demijohn.auth.permissions import permissions_of
from demijohn.database.base import db

LACKED = "demijohn_lacks_second_factor"
"""Where a request notes (an attribute of `g`) that it was refused for this reason alone."""


def must_have_second_factor(user: Any) -> bool:
    """Whether the settings ask one of this user: of nobody, of staff, or of everybody."""
    required_of = auth_of().section.two_factor.required_of
    if required_of != "staff":
        return required_of == "everybody"
    if user.is_superuser:
        return True
    with db.session.no_autoflush:
        return bool(permissions_of(user))


def refuses_session(user: Any, *, has_factor: bool) -> bool:
    """Whether a session is worth nothing because its second factor is missing; the way on is to sign in again.

    Whoever took the session over could otherwise set up a second factor of their own.
    """
    if has_factor or not must_have_second_factor(user):
        return False
    setattr(g, LACKED, True)
    return True


def refuses_account(user: Any) -> bool:
    """Whether a request without a session (an API token) is refused: its owner has no second factor and needs one."""
    if not must_have_second_factor(user) or has_second_factor(user):
        return False
    setattr(g, LACKED, True)
    return True


def was_refused() -> bool:
    """Whether this request's session or token was refused for want of a second factor."""
    return bool(g.get(LACKED))
