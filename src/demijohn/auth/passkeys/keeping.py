"""The passkeys of an account: listed, added, renamed, removed."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from demijohn.auth.capabilities import count_ways
from demijohn.auth.companions import note
from demijohn.auth.extension import auth_of
from demijohn.auth.factors.changes import NEEDED, factor_added, factor_removed
from demijohn.auth.factors.policy import must_have_second_factor
from demijohn.auth.factors.registry import factors_of
from demijohn.auth.guards import Refused
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.notices import tell_owner
from demijohn.auth.passkeys.challenges import is_ours, use_up
from demijohn.auth.passkeys.factor import KIND
from demijohn.auth.passkeys.library import NotVerifiedError, VerifiedRegistration, verify_registration
from demijohn.auth.passkeys.makers import suggested_name
from demijohn.auth.passkeys.models import Passkey
from demijohn.auth.passkeys.proving import TOO_LATE, UNREADABLE
from demijohn.auth.passkeys.relying_party import host_name, relying_party
from demijohn.auth.passkeys.rules import MalformedError, challenge_in, read_registration
from demijohn.database.base import db
from demijohn.words import gettext

NOT_ADDED = "This passkey could not be added. Try once more, or use another device."
TAKEN = "This passkey is in use already."
LAST = "This passkey is the only way into your account. Set a password first, or add another passkey."
LONGEST_NAME = 100


def passkeys_of(user_id: int) -> list[Passkey]:
    """All of a user's passkeys, oldest first."""
    return list(db.session.scalars(sa.select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)))


def usable_passkeys(user_id: int) -> list[Passkey]:
    """Those that work at this host name."""
    return [passkey for passkey in passkeys_of(user_id) if is_usable(passkey)]


def is_usable(passkey: Passkey) -> bool:
    return passkey.rp_id == host_name()


def own_passkey(user_id: int, passkey_id: int) -> Passkey | None:
    """A passkey, if it is this user's."""
    found = sa.select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id)
    return db.session.scalars(found).one_or_none()


@dataclass(frozen=True, kw_only=True)
class New:
    """A credential that was verified, and what else to store about it."""

    verified: VerifiedRegistration
    transports: Collection[str]
    device: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Added:
    """A passkey that was added, and the recovery codes to show once if it was the first second factor."""

    passkey: Passkey
    codes: list[str]


def add_passkey(user: UserBase, sent: Any, *, name: str, device: str) -> Added:
    """Keep the passkey that the user's device just made, tell them by mail, and commit.

    Args:
        sent: the credential as JSON text, or what it says.
        name: as the user calls it; empty for a suggestion.
        device: the browser it was made in, in words.

    Raises:
        Refused: it is none, or not rightly made, or known already, or one too many.
    """
    checked_name(name)
    try:
        registration = read_registration(sent)
        challenge = challenge_in(registration.client_data)
    except MalformedError:
        raise Refused(UNREADABLE) from None
    if not is_ours(challenge, "register"):
        raise Refused(TOO_LATE)
    user_id = user.id
    db.session.rollback()  # verifying is slow: the connection is given back first
    try:
        verified = verify_registration(registration, challenge=challenge, party=relying_party())
    except NotVerifiedError:
        raise Refused(NOT_ADDED) from None
    if not use_up(challenge):
        raise Refused(TOO_LATE)
    return store(user_id, New(verified=verified, transports=registration.transports, device=device, name=name))


def store(user_id: int, new: New) -> Added:
    """Insert and commit; the user's row is locked, so that two at once can't both be the last one allowed."""
    user = locked_user(user_id)
    present = passkeys_of(user_id)
    most = auth_of().section.passkeys.most_per_user
    if len(present) >= most:
        db.session.rollback()
        raise Refused(f"An account can have {most} passkeys. Remove one that you no longer use first.")
    taken = [passkey.name for passkey in present]
    passkey = Passkey(
        user_id=user_id,
        name=checked_name(new.name)
        or suggested_name(new.verified.aaguid, new.transports, device=new.device, taken=taken),
        credential_digest=hashlib.sha256(new.verified.credential_id).hexdigest(),
        credential_id=new.verified.credential_id,
        public_key=new.verified.public_key,
        sign_count=new.verified.device.sign_count,
        transports=",".join(new.transports),
        aaguid=new.verified.aaguid,
        rp_id=host_name(),
        is_backup_eligible=new.verified.device.is_backup_eligible,
        is_backed_up=new.verified.device.is_backed_up,
    )
    db.session.add(passkey)
    try:
        db.session.flush()
    except IntegrityError:  # theirs or somebody else's
        db.session.rollback()
        raise Refused(TAKEN) from None
    return Added(passkey=passkey, codes=finish_adding(user, passkey, is_first=not any(map(is_usable, present))))


def finish_adding(user: UserBase, passkey: Passkey, *, is_first: bool) -> list[str]:
    """Log it, tell the owner, and commit; the first one is a second factor from now on. Returns new recovery codes."""
    note("auth.passkey_added", user, by_user=True, changes={"passkey": passkey.name})
    if is_first:
        return factor_added(user, KIND, notice="passkey_added", passkey=passkey.name)
    tell_owner(user, "passkey_added", passkey=passkey.name)
    db.session.commit()
    return []


def rename_passkey(user: UserBase, passkey: Passkey, name: str) -> None:
    """Call a passkey something else, and commit.

    Raises:
        Refused: the name is empty, too long or not printable.
    """
    old, new = passkey.name, checked_name(name)
    if not new:
        raise Refused(gettext("Enter a name."), field="name")
    passkey.name = new
    note("auth.passkey_renamed", user, changes={"passkey": [old, new]})
    db.session.commit()


def checked_name(name: str) -> str:
    """The name without spaces around it; may be empty.

    Raises:
        Refused: it is too long, or holds what can't be shown.
    """
    name = name.strip()
    if len(name) > LONGEST_NAME or not all(character.isprintable() for character in name):
        raise Refused(f"Use at most {LONGEST_NAME} letters, digits and signs.", field="name")
    return name


def remove_passkey(user: UserBase, passkey_id: int) -> bool:
    """Remove one of the user's passkeys, tell them by mail, and commit; False if it is not theirs or went already.

    Raises:
        Refused: it is their only way in, or the last second factor where one is required.
    """
    user = locked_user(user.id)
    passkey = own_passkey(user.id, passkey_id)
    if passkey is None:
        db.session.rollback()
        return False
    if is_only_way_in(user, passkey):
        db.session.rollback()
        raise Refused(LAST)
    is_factor = is_last_usable(passkey)
    if is_factor and is_last_factor(user, passkey) and must_have_second_factor(user):
        db.session.rollback()
        raise Refused(NEEDED)
    name = passkey.name
    db.session.delete(passkey)
    note("auth.passkey_removed", user, changes={"passkey": name})
    if is_factor:
        factor_removed(user, KIND, notice="passkey_removed", passkey=name)
        return True
    tell_owner(user, "passkey_removed", passkey=name)
    db.session.commit()
    return True


def is_last_usable(passkey: Passkey) -> bool:
    """Whether it is the only passkey of its user that works at this host name."""
    return [one.id for one in usable_passkeys(passkey.user_id)] == [passkey.id]


def is_only_way_in(user: UserBase, passkey: Passkey) -> bool:
    return count_ways(user) == 1 and is_last_usable(passkey)


def is_last_factor(user: UserBase, passkey: Passkey) -> bool:
    """Whether its user would be left without a second factor."""
    return is_last_usable(passkey) and [factor.kind for factor in factors_of(user)] == [KIND]


def locked_user(user_id: int) -> UserBase:
    """The user as they are now; others who would change their passkeys wait until this transaction ends.

    Raises:
        Refused: the account went meanwhile.
    """
    user = user_class()
    this = sa.select(user).where(user.id == user_id).with_for_update().execution_options(populate_existing=True)
    found = db.session.scalars(this).one_or_none()
    if found is None:
        raise Refused(gettext("This account is gone."))
    return found
