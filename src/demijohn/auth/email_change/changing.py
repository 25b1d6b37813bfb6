"""A change of address: asked for, carried out once its new mailbox has answered, and taken back from the old one."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from demijohn.auth.accounts import find_user
from demijohn.auth.companions import mail, note
from demijohn.auth.extension import auth_of
from demijohn.auth.models import OneTimeToken, UserBase, user_class
from demijohn.auth.notices import tell_owner
from demijohn.auth.tokens import consume_token, issue_token
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.secrets import digest_of
from demijohn.security.urls import public_url_for
from demijohn.state import state_of


def ask_for_change(user: UserBase, address: str) -> None:
    """Mail a link to the new address and a notice to the present one, and commit; nothing has changed yet.

    If the address is another account's, its owner gets a mail without a link, so the work is the same.

    Args:
        address: the new one, in its normal form.
    """
    lives_for = timedelta(seconds=auth_of().section.email_change_seconds)
    owner = find_user(address)
    token = issue_token("email", user, address, lives_for=lives_for)
    template, link = ("email_change", public_url_for("auth.email_link", token=token))
    if owner is not None:
        template, link = "email_taken", ""
    mail(
        owner or user,
        template,
        to=address,
        subject=f"Your address at {state_of().name}",
        purpose="email",
        expires_at=now() + lives_for,
        link=link,
        hours=max(1, auth_of().section.email_change_seconds // 3600),
    )
    tell_owner(user, "email_change_asked", address=address)
    note("auth.email_change_requested", user)
    db.session.commit()


def change_address(user: UserBase, token: str, address: str) -> bool:
    """Carry the change out, and commit; False if the link was used, or the address taken, meanwhile.

    The guard ends the user's other sessions and kills links mailed earlier. The old address is mailed a link that takes
    the change back.
    """
    user_id = user.id
    if not consume_token("email", token) or find_user(address) is not None:
        db.session.rollback()
        return False
    fresh = db.session.get_one(user_class(), user_id)
    old, fresh.email, fresh.confirmed_at = fresh.email, address, now()
    try:
        db.session.flush()
    except IntegrityError:  # another account was quicker
        db.session.rollback()
        return False
    tell_old_address(fresh, old)
    note("auth.email_changed", fresh, by_user=True)
    db.session.commit()
    return True


def tell_old_address(user: UserBase, old: str) -> None:
    """The notice to the address that was, with the way back if the settings give one."""
    seconds = auth_of().section.email_undo_seconds
    if not seconds:
        tell_owner(user, "email_changed", to=old, address=user.email)
        return
    lives_for = timedelta(seconds=seconds)
    token = issue_token("undo", user, old, lives_for=lives_for)
    link = public_url_for("auth.email_undo_link", token=token)
    days = f"{seconds // 86_400} days" if seconds >= 2 * 86_400 else f"{max(1, seconds // 3600)} hours"
    tell_owner(user, "email_changed_undo", to=old, link=link, address=user.email, within=days)


def undo_change(user: UserBase, token: str, old: str) -> bool:
    """Give the account its old address back, and commit; False if the link was used, or the address taken, meanwhile.

    Whoever changed it may know the password or have set a new one, so there is none any more, and every session is
    over. Links that take back later changes are dead; those of earlier ones still work.
    """
    user_id = user.id
    is_same = sa.and_(OneTimeToken.user_id == user_id, OneTimeToken.purpose == "undo")
    mine = sa.select(OneTimeToken.id).where(is_same, OneTimeToken.digest == digest_of(token))
    token_id = db.session.scalar(mine)
    owner = find_user(old)
    if not consume_token("undo", token) or (owner is not None and owner.id != user_id):
        db.session.rollback()
        return False
    fresh = db.session.get_one(user_class(), user_id)
    fresh.email, fresh.password_hash = old, None
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        return False
    db.session.execute(sa.delete(OneTimeToken).where(is_same, OneTimeToken.id > token_id))
    tell_owner(fresh, "email_change_undone")
    note("auth.email_change_undone", fresh, by_user=True)
    db.session.commit()
    return True
