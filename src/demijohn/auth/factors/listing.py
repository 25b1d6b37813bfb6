"""The list of users in the dashboard: who has a second factor, and the way to reset it."""

from typing import Any

from flask import g

from demijohn.auth.access import can, current_user
from demijohn.auth.factors.registry import users_with_second_factor
from demijohn.auth.factors.view_reset import PERMISSION
from demijohn.auth.models import UserBase
from demijohn.contributions import RowLink
from demijohn.database.base import db

COLUMN = "second_factor"
KNOWN = "demijohn_second_factors"
"""Where a request keeps who of the users on its page has a second factor (an attribute of `g`)."""


def is_set_up(user: UserBase) -> bool:
    """Whether the user has a second factor; one question to the database for everybody on the page."""
    known: dict[int, bool] = g.setdefault(KNOWN, {})
    if user.id not in known:
        ids = {user.id, *(found.id for found in db.session.identity_map.values() if isinstance(found, UserBase))}
        holders = users_with_second_factor(sorted(ids))
        known.update({user_id: user_id in holders for user_id in ids})
    return known[user.id]


def second_factor_cell(view: Any, context: Any, user: UserBase, name: str) -> str:
    """Flask-Admin's formatter of the column."""
    del view, context, name
    return "Yes" if is_set_up(user) else "No"


def may_be_reset(user: UserBase) -> bool:
    """Whether the person asking is offered to reset this user's; the page itself asks again."""
    return user.id != current_user.id and can(current_user, PERMISSION) and is_set_up(user)


def reset_link() -> RowLink:
    return RowLink(
        endpoint="auth.reset_two_factor",
        argument="user_id",
        label="Reset second factor …",
        icon="shield",
        is_offered=may_be_reset,
    )
