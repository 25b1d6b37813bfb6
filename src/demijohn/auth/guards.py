"""What no door lets pass: the last superuser going, a session outliving its rights, a right given by who lacks it.

The first two are watched in the unit of work and in bulk statements of `db.session`, so the dashboard, the command line
and a project's own code are all held to them. Raw connections and the legacy `bulk_…` methods are not seen.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from flask import g, has_request_context
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from werkzeug.local import LocalProxy

from demijohn.auth.companions import end_session_rows, note
from demijohn.auth.login import ACTOR, WAS_SUPERUSER
from demijohn.auth.models import Role, UserBase, mapped_user, new_stamp, user_role
from demijohn.auth.permissions import ADMIN_ACCESS, held_by
from demijohn.auth.tokens import end_tokens
from demijohn.database.base import db
from demijohn.words import gettext

STATE = frozenset({"is_active", "is_superuser"})
ENDS_SESSIONS = frozenset({"email", "password_hash", *STATE})
"""Columns whose change ends the user's sessions; so does a change of roles."""


class Refused(ValueError):  # noqa: N818 - reads as a sentence
    """A change that is not allowed, in words for whoever asked: shown at the form, printed by a command (exit 1).

    Attributes:
        field: the form field it is about, None if it is about the whole.
    """

    def __init__(self, text: str, *, field: str | None = None) -> None:
        self.field = field
        super().__init__(text)


BY_HAND = re.compile(r"""\s*(?:UPDATE|DELETE\s+FROM)\s+["`]?user["`]?(?![\w.])""", re.IGNORECASE)

LAST = "This is the last active superuser. Make another one first: flask user create EMAIL --superuser"


@event.listens_for(db.session, "before_flush")
def watch_unit_of_work(session: Session, context: UOWTransaction, instances: Any) -> None:
    """Keep a superuser, and end the sessions of whoever's rights, address or password change."""
    del context, instances
    touched = [obj for obj in (*session.dirty, *session.deleted) if isinstance(obj, UserBase | Role)]
    if not touched:
        return
    users = [obj for obj in touched if isinstance(obj, UserBase)]
    keep_a_superuser(session, users)
    for user in users:
        if user in session.deleted:
            end_session_rows(user.id)
        elif changed(user, *ENDS_SESSIONS, "roles"):
            end_sessions_of(session, user)
            note_roles(user)
    for role in touched:
        if isinstance(role, Role) and role in session.deleted:
            end_sessions_of_holders(session, role)


def changed(obj: Any, *names: str) -> bool:
    attributes = sa.inspect(obj).attrs
    return any(attributes[name].history.has_changes() for name in names)


def is_powerful(user: UserBase, session: Session) -> bool:
    is_active = user.is_active is not False  # None: a new one, its default not yet applied
    return is_active and bool(user.is_superuser) and user not in session.deleted


def keep_a_superuser(session: Session, users: Iterable[UserBase]) -> None:
    """Let nobody be the last active superuser to go.

    Raises:
        Refused: no other active superuser would be left.
    """
    losing = {
        user.id
        for user in users
        if (user in session.deleted or changed(user, *STATE)) and not is_powerful(user, session)
    }
    if not losing:
        return
    standing = lock_superusers(session)
    others = any(isinstance(obj, UserBase) and is_powerful(obj, session) for obj in (*session.new, *session.dirty))
    if losing & standing and not standing - losing and not others:
        raise Refused(LAST)


def lock_superusers(session: Session) -> set[int]:
    """The active superusers, as they stand now; others who would change them wait until this transaction ends."""
    user = mapped_user() or UserBase
    standing = sa.select(user.id).where(user.is_active, user.is_superuser).order_by(user.id).with_for_update()
    return set(session.scalars(standing))


def end_sessions_of(session: Session, user: UserBase) -> None:
    """A new stamp ends every session that carries the old one; links mailed earlier are dead too."""
    user.security_stamp = new_stamp()
    if user.id is not None:
        end_tokens(session, user.id)
        end_session_rows(user.id, except_current=True)


def note_roles(user: UserBase) -> None:
    """Log a change of roles; the log sees columns by itself, but not this table between two others."""
    history = sa.inspect(user).attrs["roles"].history
    if history.has_changes():
        names = [sorted(role.name for role in roles or ()) for roles in (history.deleted, history.added)]
        note("auth.roles_changed", user, changes={"taken": names[0], "given": names[1]})


def end_sessions_of_holders(session: Session, role: Role) -> None:
    user = mapped_user() or UserBase
    holders = sa.select(user_role.c.user_id).where(user_role.c.role_id == role.id)
    session.execute(sa.update(user).where(user.id.in_(holders)).values(security_stamp=new_stamp()))


@event.listens_for(db.session, "do_orm_execute")
def watch_bulk_statements(state: ORMExecuteState) -> Any:
    """Hold `update(User)` and `delete(User)` to the same."""
    user = mapped_user()
    statement: Any = state.statement
    if user is None or not (state.is_update or state.is_delete or is_written_about_users(statement)):
        return None
    if isinstance(statement, sa.TextClause):
        return run_and_keep_a_superuser(state)
    if statement.table != user.__table__:  # an equal copy, where the statement names the class
        return None
    if state.is_update:
        attributes = sa.inspect(user).columns
        here = {column.key: attribute for attribute, column in attributes.items()}  # a column may have another name
        names = {here.get(name, name) for name in updated_columns(statement, state.parameters)}
        if names & ENDS_SESSIONS and "security_stamp" not in names:
            state.statement = statement.values({attributes.security_stamp: new_stamp()})
        if not names & STATE:
            return None
    return run_and_keep_a_superuser(state)


def is_written_about_users(statement: Any) -> bool:
    """Whether it is SQL written by hand that changes or deletes users."""
    return isinstance(statement, sa.TextClause) and BY_HAND.match(str(statement)) is not None


def run_and_keep_a_superuser(state: ORMExecuteState) -> Any:
    standing = lock_superusers(state.session)
    result = state.invoke_statement()
    if standing and not lock_superusers(state.session):
        raise Refused(LAST)
    return result


def updated_columns(statement: Any, parameters: Any) -> set[str]:
    """Names of the columns an UPDATE sets; SQLAlchemy has no public name for them (2.0 keeps ordered ones apart)."""
    rows = parameters if isinstance(parameters, list | tuple) else [parameters or {}]
    columns = [*(getattr(statement, "_values", None) or {}), *dict(getattr(statement, "_ordered_values", None) or ())]
    return {str(getattr(column, "key", column)) for column in columns} | {name for row in rows for name in row}


def refuse_overreach(actor: Any, target: UserBase | Role) -> None:
    """Let nobody touch a user or role that holds rights they lack, or give such rights; superusers may.

    Call it with the changes made but not yet flushed, and before a delete.

    Raises:
        Refused: the text names what is missing.
    """
    if actor is None or was_superuser(actor):
        return
    with db.session.no_autoflush:
        held = held_by(actor)
        if isinstance(target, Role):
            refuse_missing(held, before_and_now(target, "grants", lambda grant: {grant.permission}))
            return
        if target.is_superuser or changed(target, "is_superuser"):
            raise Refused(gettext("Only a superuser can make, change or remove a superuser."), field="is_superuser")
        if target is not actor and target.id != actor.id:
            refuse_missing(held, before_and_now(target, "roles", lambda role: role.permissions))
        else:
            refuse_missing(held, set().union(*(role.permissions for role in target.roles)))


def was_superuser(actor: Any) -> bool:
    """Whether the actor was a superuser before the changes at hand, which may be to the actor's own record."""
    signed_in = g.get(ACTOR) if has_request_context() else None
    if signed_in is not None and signed_in[0] == actor.id:
        return bool(g.get(WAS_SUPERUSER) == actor.id)  # a flush may have forgotten what was there before
    person = actor._get_current_object() if isinstance(actor, LocalProxy) else actor
    state = sa.inspect(person, raiseerr=False)
    history = state.attrs["is_superuser"].history if state is not None else None
    return bool(history.deleted[0] if history is not None and history.deleted else person.is_superuser)


def before_and_now(target: Any, name: str, rights: Callable[[Any], set[str]]) -> set[str]:
    """The permissions behind a collection as it was and as it is to be."""
    getattr(target, name)  # loaded, so that its history has what was there before
    history = sa.inspect(target).attrs[name].history
    found: set[str] = set()
    return found.union(*(rights(item) for item in (*history.unchanged, *history.added, *history.deleted)))


def refuse_missing(held: frozenset[str], asked: set[str]) -> None:
    missing = sorted(asked - held - {ADMIN_ACCESS if held else ""})
    if missing:
        raise Refused(f"You do not have {', '.join(missing)} yourself, so you can't change who has it.")
