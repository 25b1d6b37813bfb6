"""What the user's page of the dashboard shows besides the record, as far as the person asking may see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for

from demijohn.auth.access import can, current_user
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.bearer.tokens import tokens_of
from demijohn.auth.companions import ListedSession, listed_sessions, sends_mail
from demijohn.auth.factors.registry import factors_of
from demijohn.auth.guards import Refused, refuse_overreach
from demijohn.auth.models import UserBase
from demijohn.auth.people.doings import EDIT
from demijohn.auth.rows import row_condition
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.state import state_of

RECENT = 10
"""Lines of the log on the page; our choice."""
WORDS = {"create": "Created", "update": "Changed", "delete": "Deleted"}
"""What happened to a record, as the dashboard's other pages say it."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One line of the log by or about the user; what it says of other records is left to their own pages."""

    at: datetime
    text: str
    who: str
    address: str
    url: str | None


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user, as the person asking may see them; None where they may not see something, or nobody keeps it.

    Attributes:
        is_me: whether it is who asks: their own account has pages of its own.
        locked_because: why their rights put them out of reach; None if they do not.
        factors: what their second factors are called.
        moment: now, to tell which tokens have had their time.
    """

    is_me: bool
    may_change: bool
    locked_because: str | None
    may_be_mailed: bool
    factors: list[str]
    sessions: list[ListedSession] | None
    tokens: list[ApiToken] | None
    may_revoke: bool
    happenings: list[Happening] | None
    moment: datetime


def person_of(user: UserBase) -> Person:
    """Everything about one user at once."""
    is_me = user.id == current_user.id
    may_edit = can(current_user, EDIT, user)
    reason = overreach(user) if may_edit and not is_me else None
    may_change = may_edit and not is_me and reason is None
    return Person(
        is_me=is_me,
        may_change=may_change,
        locked_because=reason,
        may_be_mailed=sends_mail() and user.is_active,
        factors=[factor.label for factor in factors_of(user)],
        sessions=listed_sessions(user.id) if may_edit or is_me else None,
        tokens=tokens_of(user) if can(current_user, "api_token.view") else None,
        may_revoke=may_change and can(current_user, "api_token.delete"),
        happenings=happenings_of(user) if can(current_user, "audit_entry.view") else None,
        moment=now(),
    )


def overreach(user: UserBase) -> str | None:
    """Why this user's rights put them out of reach of the person asking; None if they do not."""
    try:
        refuse_overreach(current_user, user)
    except Refused as refused:
        return str(refused)
    return None


def happenings_of(user: UserBase) -> list[Happening] | None:
    """The latest lines of the log by or about the user; None without a log."""
    if not state_of().has("audit"):
        return None
    from demijohn.audit.log import newest_first
    from demijohn.audit.models import AuditEntry

    about = sa.and_(AuditEntry.table == "user", AuditEntry.key == str(user.id))
    query = sa.select(AuditEntry).where(sa.or_(AuditEntry.actor_id == user.id, about))
    visible = row_condition(AuditEntry, current_user)
    if visible is not None:
        query = query.where(visible)
    return [happening_of(entry, user) for entry in db.session.scalars(newest_first(query).limit(RECENT))]


def happening_of(entry: Any, user: UserBase) -> Happening:
    is_theirs = (entry.table, entry.key) == ("user", str(user.id)) or entry.table is None
    place = "" if is_theirs else f" · {entry.table.replace('_', ' ')} {entry.key or ''}".rstrip()
    endpoint = "admin_audit_entry.details_view"
    return Happening(
        at=entry.at,
        text=in_words(entry.action) + place,
        who=entry.actor or "",
        address=entry.address or "",
        url=url_for(endpoint, id=entry.id) if endpoint in current_app.view_functions else None,
    )


def in_words(action: str) -> str:
    """`auth.sign_in` → "Sign in"."""
    if action in WORDS:
        return WORDS[action]
    return action.removeprefix("auth.").replace(".", " ").replace("_", " ").capitalize()
