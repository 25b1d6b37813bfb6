"""An assertion judged: whose passkey it is, if everything about it is right. Every door that takes passkeys ends here.

Nothing is written, and no transaction is open, until the signature is verified; then the challenge is used up, and one
UPDATE moves the counter on.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from demijohn.auth.companions import note
from demijohn.auth.extension import auth_of
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.notices import tell_owner
from demijohn.auth.passkeys.challenges import Purpose, is_ours, use_up
from demijohn.auth.passkeys.library import DECOY_KEY, NotVerifiedError, Verified, verify_assertion
from demijohn.auth.passkeys.models import Passkey, PasskeyOwner
from demijohn.auth.passkeys.relying_party import relying_party
from demijohn.auth.passkeys.rules import Assertion, MalformedError, challenge_in, read_assertion
from demijohn.clock import now
from demijohn.database.base import db

UNREADABLE = "Your browser sent no passkey. This needs JavaScript, and a browser that knows passkeys."
TOO_LATE = "That took too long, or this page was open in another tab. Try once more."
WRONG = "This passkey does not open an account that can sign in here."


class NotProvenError(Exception):
    """A passkey that proves nothing, in words for the person at the browser.

    Attributes:
        status: what a program gets.
        user_id: whose passkey was tried, as far as it is known: for the log.
    """

    def __init__(self, text: str, *, status: int = 401, user_id: int | None = None) -> None:
        self.status = status
        self.user_id = user_id
        super().__init__(text)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is stored about the passkey that was shown."""

    id: int
    user_id: int
    public_key: bytes
    is_backup_eligible: bool
    handle: bytes
    is_active: bool


def prove(sent: Any, purpose: Purpose, *, user_id: int | None = None) -> UserBase:
    """The active user whose passkey answered, after their counter moved on; commits.

    Args:
        sent: the credential as JSON text, or what it says.
        user_id: whose passkey it must be; None at sign-in, where the passkey itself says who it is.

    Raises:
        NotProvenError: for an unknown passkey as for a wrong signature, somebody else's and a disabled user: the same
            words after the same work.
    """
    try:
        assertion = read_assertion(sent)
        challenge = challenge_in(assertion.client_data)
    except MalformedError:
        raise NotProvenError(UNREADABLE, status=422) from None
    if not is_ours(challenge, purpose):
        raise NotProvenError(TOO_LATE)
    known = find(assertion.credential_id)
    db.session.rollback()  # verifying is slow: the connection is given back first
    wrong = NotProvenError(WRONG, user_id=known.user_id if known else None)
    try:
        verified = verify_assertion(
            assertion,
            challenge=challenge,
            party=relying_party(),
            public_key=known.public_key if known else DECOY_KEY,
            needs_verification=purpose != "second-factor",
        )
    except NotVerifiedError:
        raise wrong from None
    if known is None or not fits(known, assertion, verified, user_id=user_id):
        raise wrong
    if not use_up(challenge):
        raise NotProvenError(TOO_LATE)
    return move_on(known, verified)


def find(credential_id: bytes) -> Known | None:
    user, digest = user_class(), hashlib.sha256(credential_id).hexdigest()
    row = db.session.execute(
        sa.select(
            Passkey.id,
            Passkey.user_id,
            Passkey.public_key,
            Passkey.is_backup_eligible,
            PasskeyOwner.handle,
            user.is_active,
        )
        .join(PasskeyOwner, PasskeyOwner.user_id == Passkey.user_id)
        .join(user, user.id == Passkey.user_id)
        .where(Passkey.credential_digest == digest)
    ).one_or_none()
    return None if row is None else Known(**row._mapping)


def fits(known: Known, assertion: Assertion, verified: Verified, *, user_id: int | None) -> bool:
    """Whether a rightly signed assertion is by whom it must be by.

    Source:
        Web Authentication Level 3, "Verifying an Authentication Assertion": without a known user the handle must be
        there; what it says must agree; backup eligibility never changes.
    """
    if assertion.user_handle is None:
        is_owner = user_id is not None
    else:
        is_owner = hmac.compare_digest(assertion.user_handle, known.handle)
    return (
        is_owner
        and known.is_active
        and user_id in {None, known.user_id}
        and verified.is_backup_eligible == known.is_backup_eligible
    )


def move_on(known: Known, verified: Verified) -> UserBase:
    """Store that the passkey was used; one UPDATE decides whether its counter rose. Commits.

    Raises:
        NotProvenError: the counter did not rise and the settings refuse that, or passkey or user went meanwhile.

    Source:
        Web Authentication Level 3, "Verifying an Authentication Assertion", the step on signCount; synced passkeys do
        not count and always say 0.
    """
    this = Passkey.id == known.id
    used = {"last_used_at": now(), "is_backed_up": verified.is_backed_up}
    rises = Passkey.sign_count < verified.sign_count if verified.sign_count else Passkey.sign_count == 0
    moved = changed_rows(sa.update(Passkey).where(this, rises).values(**used, sign_count=verified.sign_count))
    user = db.session.get(user_class(), known.user_id)
    passkey = db.session.get(Passkey, known.id)
    if user is None or passkey is None or not user.is_active:
        db.session.commit()
        raise NotProvenError(WRONG, user_id=known.user_id)
    if not moved:
        suspect(user, passkey, verified)
        if auth_of().section.passkeys.refuse_copies:
            db.session.commit()
            raise NotProvenError(WRONG, user_id=known.user_id)
        changed_rows(sa.update(Passkey).where(this).values(**used))
    db.session.commit()
    return user


def suspect(user: UserBase, passkey: Passkey, verified: Verified) -> None:
    """Flag a passkey whose counter did not rise, and tell its owner the first time. The caller commits."""
    counters = {"known": passkey.sign_count, "given": verified.sign_count}
    note("auth.passkey_suspected", user, changes={"passkey": passkey.name, **counters})
    if passkey.flagged_at is None:
        passkey.flagged_at = now()
        tell_owner(user, "passkey_suspected", passkey=passkey.name)


def changed_rows(statement: Any) -> int:
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(getattr(result, "rowcount", 0))
