"""Asking for one's account to be deleted, keeping it after all, and carrying it out.

From the moment it is asked for, nobody is signed in to the account and no token of it works; signing in leads to the
question whether to keep it, and nowhere else.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.companions import note
from demijohn.auth.deletion.models import AccountDeletion
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import LAST, Refused, end_sessions_of, lock_superusers
from demijohn.auth.models import UserBase, tables_about_users, user_class
from demijohn.auth.notices import tell_owner
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.urls import public_url_for

BATCH = 100


def deletion_of(user_id: int) -> AccountDeletion | None:
    """The deletion that the user asked for and did not take back."""
    return db.session.scalars(sa.select(AccountDeletion).where(AccountDeletion.user_id == user_id)).one_or_none()


def ask_for_deletion(user: UserBase) -> datetime:
    """Note that the account is to be deleted, end all that works without signing in again, tell the owner; commits.

    Returns:
        when it is due.

    Raises:
        Refused: no other active superuser would be left.
    """
    user_id = user.id
    if user.is_superuser:
        keep_another_superuser(user_id)
    due_at = now() + timedelta(days=auth_of().section.deletion_grace_days or 0)
    db.session.add(AccountDeletion(user_id=user_id, due_at=due_at))
    try:
        db.session.flush()
    except IntegrityError:  # it was asked already
        db.session.rollback()
        found = deletion_of(user_id)
        return due_at if found is None else found.due_at
    for token in db.session.scalars(sa.select(ApiToken).where(ApiToken.user_id == user_id)):
        db.session.delete(token)
    end_sessions_of(db.session(), user)
    note("auth.deletion_asked", user, changes={"due_at": due_at})
    tell_owner(user, "deletion_asked", link=public_url_for("auth.login"), day=f"{due_at:%d %B %Y}")
    db.session.commit()
    return due_at


def keep_another_superuser(user_id: int) -> None:
    """Refuse it to the last active superuser who is to stay; two at once wait for each other."""
    staying = lock_superusers(db.session()) - set(db.session.scalars(sa.select(AccountDeletion.user_id)))
    if not staying - {user_id}:
        raise Refused(LAST)


def keep_account(user: UserBase) -> bool:
    """Take the deletion back, and commit; False if there is none (any more)."""
    taken_back = db.session.execute(sa.delete(AccountDeletion).where(AccountDeletion.user_id == user.id))
    if int(getattr(taken_back, "rowcount", 0)) != 1:
        db.session.rollback()
        return False
    note("auth.deletion_taken_back", user, by_user=True)
    tell_owner(user, "deletion_taken_back")
    db.session.commit()
    return True


def due(app: Flask) -> int:
    """How many accounts are to be deleted now."""
    del app
    count = sa.select(sa.func.count()).select_from(AccountDeletion).where(AccountDeletion.due_at <= now())
    found = db.session.scalar(count) or 0
    db.session.rollback()
    return found


def delete_due(app: Flask) -> int:
    """Delete accounts whose time has come, a hundred at most; how many. One that cannot be is logged and left."""
    wanted = sa.select(AccountDeletion.user_id).where(AccountDeletion.due_at <= now())
    users = list(db.session.scalars(wanted.order_by(AccountDeletion.due_at).limit(BATCH)))
    db.session.rollback()
    return sum(is_deleted(app, user_id) for user_id in users)


def is_deleted(app: Flask, user_id: int) -> bool:
    """Delete one account, or empty its row where the project's tables still refer to it; whether it was done here."""
    try:
        try:
            return take_away(user_id, keeps_row=False)
        except IntegrityError:
            db.session.rollback()
            return take_away(user_id, keeps_row=True)
    except Exception as error:  # the project's own code runs here, and the others are still to be deleted
        db.session.rollback()
        app.logger.exception("user %s cannot be deleted (%s)", user_id, type(error).__name__)
        return False


def take_away(user_id: int, *, keeps_row: bool) -> bool:
    """One transaction; False if the owner kept the account, or another process was quicker."""
    mine = sa.select(AccountDeletion).where(AccountDeletion.user_id == user_id, AccountDeletion.due_at <= now())
    held = db.session.scalars(mine.with_for_update()).one_or_none()
    if held is None:
        db.session.rollback()
        return False
    user = db.session.get_one(user_class(), user_id)
    tell_owner(user, "account_deleted")
    note("auth.account_emptied" if keeps_row else "auth.account_deleted", user)
    user.on_deletion()
    db.session.delete(held)
    if keeps_row:
        empty(user)
    else:
        db.session.flush()
        db.session.delete(user)
    db.session.commit()
    return True


def empty(user: UserBase) -> None:
    """Take everything about the person out of the row, and out of the tables of accounts that refer to it."""
    for table in tables_about_users():
        db.session.execute(sa.delete(table).where(table.c.user_id == user.id))
    user.roles = []
    user.email = f"deleted-{user.id}@deleted.localhost"
    user.name = ""
    user.password_hash = None
    user.is_active = user.is_superuser = False
    for name in emptied_columns():
        setattr(user, name, None)


def emptied_columns() -> list[str]:
    """Attributes of the user class that may be empty, the project's own among them."""
    mapper: Any = sa.inspect(user_class())
    return [prop.key for prop in mapper.column_attrs if all(c.nullable and not c.primary_key for c in prop.columns)]
