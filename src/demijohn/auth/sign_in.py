"""Signing in and out: who gave the right password, and what that begins."""

from typing import Any

import sqlalchemy as sa
from flask import current_app, session, url_for
from werkzeug.exceptions import HTTPException

from demijohn.auth.access import can
from demijohn.auth.companions import note, note_at_once
from demijohn.auth.extension import auth_of
from demijohn.auth.login import login_user, logout_user, mark_second_factor
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.new_device import is_new_device, this_device
from demijohn.auth.notices import tell_owner
from demijohn.auth.permissions import ADMIN_ACCESS
from demijohn.auth.tokens import ENDED_BY_SIGN_IN, end_tokens
from demijohn.clock import now
from demijohn.database.base import db


def authenticate(email: str, password: str) -> UserBase | None:
    """The active user of this address and password; None for every reason alike, in the same time.

    The hash is computed between two transactions, and the account read again after it, so that neither a connection is
    held meanwhile nor a change made meanwhile overlooked.
    """
    known = read_credentials(email)
    fits = auth_of().passwords.verify(known.password_hash if known else None, password)
    user = db.session.get(user_class(), known.id) if known and fits else None
    if user is None or not user.is_active or user.password_hash != (known and known.password_hash):
        note_at_once("auth.sign_in_failed", known.id if known else None)
        return None
    return user


def read_credentials(email: str) -> Any | None:
    """Id and password hash for an address, read in a transaction that is over when this returns."""
    user = user_class()
    known = db.session.execute(sa.select(user.id, user.password_hash).where(user.email == email)).one_or_none()
    db.session.rollback()
    return known


def sign_in(user: UserBase, *, door: str, remember: bool, factor: str = "") -> None:
    """Begin the user's session under a new id, and commit.

    Args:
        door: how they proved who they are, for the log.
        remember: the session outlives the browser; how long is the sessions battery's setting.
        factor: the second factor they gave, which the session remembers; empty if none.
    """
    is_new = is_new_device(user)  # asked before this browser is known
    begin_session(user, remember=remember)
    mark_second_factor(factor)
    columns = sa.inspect(user_class()).columns
    connection = db.session.connection()  # past the unit of work: the stamp stays, and nobody reads it in the log
    this_user = sa.update(columns.id.table).where(columns.id == user.id)
    connection.execute(this_user.values({columns.last_sign_in_at: now()}))
    end_tokens(connection, user.id, *ENDED_BY_SIGN_IN)
    changes = {"door": door, "device": this_device(), **({"second_factor": factor} if factor else {})}
    note("auth.sign_in", user, by_user=True, changes=changes)
    if is_new:
        tell_owner(user, "new_device")
    db.session.commit()


def rehash_if_outdated(user: UserBase, password: str) -> None:
    """Bring the hash of a password that was just right up to today's parameters, and commit."""
    if not user.password_hash or not auth_of().passwords.is_outdated(user.password_hash):
        return
    user_id, outdated = user.id, user.password_hash
    db.session.rollback()  # hashing is slow: the connection is given back first
    renewed = auth_of().passwords.hash(password)
    columns = sa.inspect(user_class()).columns
    this = sa.and_(columns.id == user_id, columns.password_hash == outdated)
    db.session.connection().execute(sa.update(columns.id.table).where(this).values({columns.password_hash: renewed}))
    db.session.commit()


def begin_session(user: UserBase, *, remember: bool) -> None:
    if session.get("_user_id") not in {None, user.get_id()}:
        session.clear()  # what one person left is not for the next
    session.pop("csrf_token", None)
    login_user(user)
    session.permanent = remember


def sign_out(user: UserBase) -> None:
    """End this session; nothing of it stays."""
    if user.is_authenticated:
        note("auth.sign_out", user)
        db.session.commit()
    logout_user()
    session.clear()


def first_page(user: UserBase) -> str:
    """Where somebody goes who asked for no page: staff to the dashboard, others to the first page or their account."""
    if "admin.index" in current_app.view_functions and can(user, ADMIN_ACCESS):
        return url_for("admin.index")
    try:
        current_app.url_map.bind("localhost").match("/", method="GET")
    except HTTPException:
        return url_for("auth.account")
    return "/"
