"""One-time tokens: 256 random bits mailed, the digest stored, used once by exactly one."""

from datetime import timedelta
from typing import Literal

import sqlalchemy as sa

from demijohn.auth.models import OneTimeToken, UserBase, user_class
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.secrets import digest_of, new_token

Purpose = Literal["reset"]


def issue_token(purpose: Purpose, user: UserBase | None, address: str, *, lives_for: timedelta) -> str:
    """A new token for the user; earlier ones for the purpose are dead. The caller commits.

    Without a user it does the same work for nothing, so that the time taken tells nobody whether an account exists.
    """
    old = sa.or_(OneTimeToken.expires_at < now(), OneTimeToken.user_id == (user.id if user else None))
    db.session.execute(
        sa.delete(OneTimeToken).where(OneTimeToken.purpose == purpose, old),
        execution_options={"synchronize_session": False},
    )
    token, digest = new_token()
    user_id = user.id if user else None
    expires_at = now() + lives_for
    db.session.add(
        OneTimeToken(digest=digest, purpose=purpose, user_id=user_id, address=address, expires_at=expires_at)
    )
    return token


def find_user_by_token(purpose: Purpose, token: str) -> UserBase | None:
    """Whose token it is, if it would work now; uses nothing up."""
    user = user_class()
    found = (
        sa.select(user)
        .join(OneTimeToken, sa.and_(OneTimeToken.user_id == user.id, OneTimeToken.address == user.email))
        .where(*works_now(purpose, token), user.is_active)
    )
    return db.session.scalars(found).one_or_none()


def consume_token(purpose: Purpose, token: str) -> bool:
    """Use the token up; whether this call was the one that did. The caller commits.

    One DELETE decides: of several at once, the others wait for its row and then find nothing.
    """
    result = db.session.execute(
        sa.delete(OneTimeToken).where(*works_now(purpose, token)), execution_options={"synchronize_session": False}
    )
    return int(getattr(result, "rowcount", 0)) == 1


def works_now(purpose: Purpose, token: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        OneTimeToken.purpose == purpose,
        OneTimeToken.digest == digest_of(token),
        OneTimeToken.expires_at > now(),
        OneTimeToken.user_id.is_not(None),
    )
