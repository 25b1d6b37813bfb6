"""One-time tokens: 256 random bits mailed, the digest stored, used once by exactly one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sa

from demijohn.auth.models import OneTimeToken, UserBase, user_class
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.secrets import digest_of, new_token

Purpose = Literal["reset", "confirm", "invite", "email", "undo", "link"]
"""What a token opens: a new password; an account for the address; an invitation; a change of address, or its undoing;
a session."""

WITHOUT_ACCOUNT = frozenset({"confirm", "invite"})
"""These belong to an address that has no account yet; one issued for an account opens nothing."""

TO_PRESENT_ADDRESS = frozenset({"reset", "link"})
"""These are dead once the account has another address than the one they were mailed to."""

ENDED_BY_SIGN_IN: tuple[Purpose, ...] = ("reset", "link")
"""Whoever is in needs no further way in."""

KEEPS_EARLIER = frozenset({"undo"})
"""A newer one leaves these alone: whoever changes an address twice must not end the way back to the first."""


@dataclass(frozen=True, kw_only=True)
class FoundToken:
    """What a token that works now is about.

    Attributes:
        user: whose it is; None for an address without an account.
        address: where it was mailed to, or the address it is about.
        payload: what was noted when it was issued.
    """

    user: UserBase | None
    address: str
    payload: dict[str, Any]


def issue_token(
    purpose: Purpose,
    user: UserBase | None,
    address: str,
    *,
    lives_for: timedelta,
    payload: dict[str, Any] | None = None,
) -> str:
    """A new token; earlier ones of the account (without one: of the address) for the purpose are dead. Caller commits.

    It does the same work for an account, for none, and for one that it will not open anything for, so that the time
    taken tells nobody whether an account exists.

    Args:
        address: where it is mailed to, or the address it is about.
        payload: what to remember with it (JSON values); stored in the clear, so no secret.
    """
    user_id = user.id if user else None
    same = OneTimeToken.address == address if user_id is None else OneTimeToken.user_id == user_id
    same = sa.false() if purpose in KEEPS_EARLIER else same
    db.session.execute(
        sa.delete(OneTimeToken).where(OneTimeToken.purpose == purpose, sa.or_(OneTimeToken.expires_at < now(), same)),
        execution_options={"synchronize_session": False},
    )
    token, digest = new_token()
    db.session.add(
        OneTimeToken(
            digest=digest,
            purpose=purpose,
            user_id=user_id,
            address=address,
            payload=payload or {},
            expires_at=now() + lives_for,
        )
    )
    return token


def find_token(purpose: Purpose, token: str) -> FoundToken | None:
    """What the token is about, if it would work now; uses nothing up."""
    user = user_class()
    found = (
        sa.select(OneTimeToken, user).outerjoin(user, OneTimeToken.user_id == user.id).where(*works_now(purpose, token))
    )
    if purpose not in WITHOUT_ACCOUNT:
        found = found.where(user.is_active)
    if purpose in TO_PRESENT_ADDRESS:
        found = found.where(OneTimeToken.address == user.email)
    row = db.session.execute(found).one_or_none()
    return None if row is None else FoundToken(user=row[1], address=row[0].address, payload=row[0].payload or {})


def find_user_by_token(purpose: Purpose, token: str) -> UserBase | None:
    """Whose token it is, if it would work now; uses nothing up."""
    found = find_token(purpose, token)
    return found.user if found else None


def consume_token(purpose: Purpose, token: str) -> bool:
    """Use the token up; whether this call was the one that did. The caller commits.

    One DELETE decides: of several at once, the others wait for its row and then find nothing.
    """
    result = db.session.execute(
        sa.delete(OneTimeToken).where(*works_now(purpose, token)), execution_options={"synchronize_session": False}
    )
    return int(getattr(result, "rowcount", 0)) == 1


def end_tokens(connection: Any, user_id: int, *purposes: Purpose) -> None:
    """Let the account's tokens for these purposes open nothing any more; without any named, all but the undoing ones.

    A link that undoes a change of address outlives a change of password: it is how an owner gets back what a thief
    took.

    Args:
        connection: a session or connection; the caller commits.
    """
    ended = OneTimeToken.purpose.in_(purposes) if purposes else OneTimeToken.purpose != "undo"
    connection.execute(sa.delete(OneTimeToken).where(OneTimeToken.user_id == user_id, ended))


def end_tokens_of(purpose: Purpose, address: str) -> None:
    """Let what was mailed to an address without an account open nothing any more; the caller commits."""
    db.session.execute(
        sa.delete(OneTimeToken).where(
            OneTimeToken.purpose == purpose, OneTimeToken.address == address, OneTimeToken.user_id.is_(None)
        ),
        execution_options={"synchronize_session": False},
    )


def works_now(purpose: Purpose, token: str) -> tuple[sa.ColumnElement[bool], ...]:
    has_user = OneTimeToken.user_id.is_(None) if purpose in WITHOUT_ACCOUNT else OneTimeToken.user_id.is_not(None)
    return (
        OneTimeToken.purpose == purpose,
        OneTimeToken.digest == digest_of(token),
        OneTimeToken.expires_at > now(),
        has_user,
    )
