"""Registering: a mail to whoever reads the address, then the account, made by them alone.

Nothing of an account exists before its address is confirmed, so there is nothing that somebody else could have prepared
in it: no password, no factor, no session.

Source:
    Sudhodanan, Paverd: "Pre-hijacked accounts" (USENIX Security 2022): verify the address before anything can be done
    with the account.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy.exc import IntegrityError

from demijohn.auth.accounts import add_user, find_role, find_user, hash_new_password
from demijohn.auth.companions import mail, note
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.auth.models import UserBase
from demijohn.auth.tokens import Purpose, consume_token, issue_token
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.urls import public_url_for
from demijohn.state import state_of
from demijohn.words import gettext


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """What somebody entered for their new account.

    Attributes:
        password: None for one that signs in by other ways only.
        extra: further columns of the project's user class.
    """

    address: str
    name: str = ""
    password: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def domain_is_allowed(address: str) -> bool:
    """Whether the settings let this (normal) address register."""
    allowed = [domain.lower().removeprefix("@") for domain in auth_of().section.registration_domains]
    return not allowed or address.rpartition("@")[2] in allowed


def mail_registration_link(address: str, *, wanted: str = "") -> None:
    """Mail the link that makes an account, or, if there is one, a mail that says so; as much work for both. Commits.

    Args:
        address: in its normal form.
        wanted: where to go once there is an account.
    """
    section = auth_of().section
    lives_for = timedelta(seconds=section.registration_seconds)
    user = find_user(address)
    token = issue_token("confirm", user, address, lives_for=lives_for, payload={"next": wanted})
    link = public_url_for("auth.confirm_link", token=token)
    hours = max(1, section.registration_seconds // 3600)
    facts: dict[str, Any] = {"to": address, "purpose": "confirm", "expires_at": now() + lives_for}
    if user is None:
        subject = f"Your account for {state_of().name}"
        mail(None, "register", subject=subject, link=link, hours=hours, **facts)
    else:
        subject = f"You have an account for {state_of().name}"
        mail(user, "has_account", subject=subject, sign_in=public_url_for("auth.login"), **facts)
    note("auth.registration_requested", user)
    db.session.commit()


def register(token: str, wanted: NewAccount) -> UserBase | None:
    """Make the account with a mailed token, and commit; None if the token was used, or the address taken, meanwhile.

    Raises:
        Refused: the password does not keep the rules; the token still works.
    """
    return make_account(
        "confirm",
        token,
        wanted,
        roles=existing_roles(),
        finish=lambda user: note("auth.registered", user, by_user=True),
    )


def make_account(
    purpose: Purpose, token: str, wanted: NewAccount, *, roles: list[str], finish: Callable[[UserBase], None]
) -> UserBase | None:
    """Use the token up and make the account, in one transaction; hashes before it.

    Args:
        finish: what else belongs into the transaction, once there is the account.

    Raises:
        Refused: the password does not keep the rules, or something in the project's own columns is taken.
    """
    db.session.rollback()  # hashing is slow: the connection is given back first
    password_hash = hash_if_given(wanted)
    if not consume_token(purpose, token):
        db.session.rollback()
        return None
    columns = {**wanted.extra, "name": wanted.name, "confirmed_at": now()}
    try:
        user = add_user(wanted.address, password_hash=password_hash, roles=roles, **columns)
    except Refused:  # made by another door in the meantime
        db.session.rollback()
        return None
    except IntegrityError:  # a column of the project's own that is unique
        db.session.rollback()
        raise Refused(gettext("Something that you entered belongs to another account already.")) from None
    finish(user)
    db.session.commit()
    return user


def hash_if_given(wanted: NewAccount) -> str | None:
    if not wanted.password:
        return None
    return hash_new_password(wanted.password, address=wanted.address, name=wanted.name)


def existing_roles() -> list[str]:
    """The roles that the settings give to whoever registers; one that is gone is logged and left out."""
    found = []
    for name in auth_of().section.registration_roles:
        try:
            found.append(find_role(name).name)
        except Refused as refused:
            current_app.logger.warning("auth.registration_roles: %s", refused)
    return found
