"""Accounts made and changed: what the pages, the dashboard and the command line all call."""

import difflib
from collections.abc import Container, Iterable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from demijohn.auth.addresses import AddressError, normalise_address
from demijohn.auth.companions import mail_or_pretend, note
from demijohn.auth.extension import auth_of
from demijohn.auth.factors.registry import has_second_factor
from demijohn.auth.guards import Refused
from demijohn.auth.models import Role, UserBase, required_columns, user_class
from demijohn.auth.notices import tell_owner
from demijohn.auth.rules import password_problems
from demijohn.auth.tokens import consume_token, issue_token
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.errors import SetupError
from demijohn.security.urls import public_url_for
from demijohn.state import state_of


def find_user(email: str) -> UserBase | None:
    """The account of this address, however it is written."""
    user = user_class()
    return db.session.scalars(sa.select(user).where(user.email == email)).one_or_none()


def create_user(
    email: str,
    *,
    password: str | None = None,
    name: str = "",
    is_superuser: bool = False,
    roles: Iterable[str] = (),
) -> UserBase:
    """A new account, in the transaction of `db.session`; the caller commits.

    Args:
        password: checked against the rules; None for an account that gets its password by mail.
        roles: names of roles that exist.

    Raises:
        Refused: the address is none or taken, the password too weak, or a role unknown.
        SetupError: the project's user class has a column that must be given and has no default.
    """
    address = checked_address(email)
    refuse_required_columns()
    password_hash = None if password is None else hash_new_password(password, address=address, name=name)
    return add_user(address, password_hash=password_hash, roles=roles, name=name, is_superuser=is_superuser)


def add_user(address: str, *, password_hash: str | None, roles: Iterable[str], **columns: Any) -> UserBase:
    """A new account whose password is hashed already, in the transaction of `db.session`; the caller commits.

    Args:
        address: in its normal form.
        columns: any others of the user class.

    Raises:
        Refused: the address is taken (the transaction may be rolled back by then), or a role unknown.
    """
    refuse_required_columns(columns)
    refuse_taken(address)
    user = user_class()(email=address, password_hash=password_hash, **columns)
    user.roles = [find_role(role) for role in roles]
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError:  # another process was quicker
        db.session.rollback()
        refuse_taken(address)
        raise
    note("auth.user_created", user)
    return user


def refuse_required_columns(given: Container[str] = ()) -> None:
    """Say which of the project's own columns keeps accounts from being made without it."""
    user = user_class()
    for name in required_columns(user):
        if name not in given:
            raise SetupError(
                f"{user.__name__}.{name} must be given and has no default, so no account can be made here.",
                fix=f"give it one: {name}: Mapped[...] = mapped_column(default=...)",
            )


def checked_address(email: str) -> str:
    try:
        return normalise_address(email)
    except AddressError as error:
        raise Refused(str(error), field="email") from None


def refuse_taken(address: str) -> None:
    """Refuse a second account for one address, and say what to do about a disabled one."""
    user = find_user(address)
    if user is None:
        return
    state, advice = ("", "") if user.is_active else (", disabled", f" flask user enable {address}")
    raise Refused(f"A user with {address} exists (id {user.id}{state}).{advice}", field="email")


def find_role(name: str) -> Role:
    """The role of this name.

    Raises:
        Refused: there is none; the text has the nearest name.
    """
    names = list(db.session.scalars(sa.select(Role.name)))
    if name not in names:
        near = difflib.get_close_matches(name, names, 1, 0.5)
        advice = f" Did you mean {near[0]}?" if near else " Make it: flask role create NAME"
        raise Refused(f"There is no role {name!r}.{advice}", field="roles")
    return db.session.scalars(sa.select(Role).where(Role.name == name)).one()


def shortest_password(user: UserBase | None = None) -> int:
    """How many characters a new password must have: fewer for somebody who has a second factor besides."""
    section = auth_of().section
    if user is None or not has_second_factor(user):
        return section.password_min_length
    return min(section.password_min_length, section.two_factor.password_min_length)


def hash_new_password(
    password: str, *, address: str, name: str = "", field: str = "password", min_length: int | None = None
) -> str:
    """The hash of a password that keeps the rules; takes tens of milliseconds, so never inside a transaction.

    Args:
        min_length: characters; None for what somebody without a second factor needs.

    Raises:
        Refused: it does not; the text says why.
    """
    problems = password_problems(
        password, min_length=min_length or shortest_password(), personal=(address, name, state_of().name)
    )
    if problems:
        raise Refused(" ".join(problems), field=field)
    return auth_of().passwords.hash(password)


def change_password(user: UserBase, password: str) -> None:
    """Give the user a new password, end all other sessions, tell the owner by mail, and commit.

    Raises:
        Refused: the password does not keep the rules.
    """
    user_id = user.id
    password_hash = hash_outside_transaction(user, password)
    fresh = db.session.get_one(user_class(), user_id)
    put_password(fresh, password_hash)
    note("auth.password_changed", fresh)
    db.session.commit()


def hash_outside_transaction(user: UserBase, password: str) -> str:
    """The new hash; gives the connection back first, because hashing is slow."""
    address, name, shortest = user.email, user.name, shortest_password(user)
    db.session.rollback()
    return hash_new_password(password, address=address, name=name, field="new_password", min_length=shortest)


def put_password(user: UserBase, password_hash: str) -> None:
    """Set the hash; the guard ends other sessions and kills mailed tokens. The caller commits."""
    user.password_hash = password_hash
    db.session.flush()
    tell_owner(user, "password_changed")


def reset_password(user: UserBase, token: str, password: str) -> bool:
    """Use the mailed token up and set the password; False if another request was quicker. Commits.

    Raises:
        Refused: the password does not keep the rules; the token still works.
    """
    user_id = user.id
    password_hash = hash_outside_transaction(user, password)
    if not consume_token("reset", token):
        db.session.rollback()
        return False
    fresh = db.session.get_one(user_class(), user_id)
    fresh.confirmed_at = fresh.confirmed_at or now()  # the mail arrived, so the address is theirs
    put_password(fresh, password_hash)
    note("auth.password_reset", fresh, by_user=True)
    db.session.commit()
    return True


def confirm_address(user: UserBase) -> bool:
    """Note that mail to the user's address was answered, in the transaction of `db.session`; the caller commits.

    The first time, a password from before is taken away: whoever set it may not be who reads the mail.

    Returns:
        whether one was.
    """
    if user.confirmed_at is not None:
        return False
    had_password = user.password_hash is not None
    user.confirmed_at, user.password_hash = now(), None
    note("auth.address_confirmed", user, by_user=True)
    return had_password


def mail_reset_link(user: UserBase | None, address: str, *, template: str = "reset") -> None:
    """Mail a link that sets a new password. The caller commits.

    Without a user everything is done except that the mail is taken back, so that both take as long.
    """
    section = auth_of().section
    lives_for = timedelta(seconds=section.reset_seconds)
    token = issue_token("reset", user, address, lives_for=lives_for)
    mail_or_pretend(
        user,
        template,
        to=address,
        subject=subject_of(template),
        purpose="reset",
        expires_at=now() + lives_for,
        link=public_url_for("auth.reset_link", token=token),
        minutes=section.reset_seconds // 60,
    )
    note("auth.reset_requested", user)


def subject_of(template: str) -> str:
    subjects = {"reset": "Set a new password for {}", "welcome": "Your account at {}"}
    return subjects[template].format(state_of().name)
