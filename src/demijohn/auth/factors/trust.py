"""Devices that are not asked for a second factor for a while: a random token in a cookie, its digest in a table.

Nothing but the second factor is skipped. A new password, other roles or a new second factor end the trust.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, after_this_request, request

from demijohn.auth.devices import cookie_flags
from demijohn.auth.extension import auth_of
from demijohn.auth.factors.models import TrustedDevice
from demijohn.auth.factors.recovery import count_of
from demijohn.auth.models import UserBase
from demijohn.auth.rules import device_of
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.address import client_address
from demijohn.security.secrets import digest_of, new_token

TRUSTED = "trusted_device"
"""The name of the cookie, and what the session remembers as the second factor given."""

SEPARATOR = "."
MOST_TOKENS = 5
"""People who share a browser have a token each; the cookie holds the last few."""


@dataclass(frozen=True, kw_only=True)
class Trusted:
    """One device as its owner sees it; `device` is a guess from what the browser says of itself."""

    id: int
    device: str
    address: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_current: bool


def trust_days() -> int:
    """How long a device may be trusted (days); 0: never."""
    return int(auth_of().section.two_factor.trust_days)


def is_trusted(user: UserBase) -> bool:
    """Whether this request comes from a device that the user trusts."""
    return trust_days() > 0 and found_here(user) is not None


def found_here(user: UserBase) -> int | None:
    """The row of this request's device; None if the user does not trust it."""
    digests = [digest_of(token) for token in sent_tokens()]
    if not digests:
        return None
    return db.session.scalar(
        sa.select(TrustedDevice.id).where(*works_now(user), TrustedDevice.digest.in_(digests)).limit(1)
    )


def works_now(user: UserBase) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        TrustedDevice.user_id == user.id,
        TrustedDevice.stamp == user.security_stamp,
        TrustedDevice.expires_at > now(),
        TrustedDevice.created_at > now() - timedelta(days=trust_days()),
    )


def note_use(user: UserBase) -> None:
    """Note that this device's trust was used just now. The caller commits."""
    here = found_here(user)
    if here is not None:
        used = {"last_used_at": now(), "address": client_address()[:45]}
        count_of(sa.update(TrustedDevice).where(TrustedDevice.id == here).values(used))


def trust_this_device(user: UserBase) -> None:
    """Remember this device for the user; its cookie goes out with this response. The caller commits."""
    token, digest = new_token()
    lives_for = timedelta(days=trust_days())
    dead = sa.or_(TrustedDevice.expires_at <= now(), TrustedDevice.stamp != user.security_stamp)
    count_of(sa.delete(TrustedDevice).where(TrustedDevice.user_id == user.id, dead))
    db.session.add(
        TrustedDevice(
            user_id=user.id,
            digest=digest,
            stamp=user.security_stamp,
            expires_at=now() + lives_for,
            address=client_address()[:45],
            agent=request.user_agent.string[:255],
        )
    )
    kept = SEPARATOR.join([token, *sent_tokens()][:MOST_TOKENS])

    @after_this_request
    def set_cookie(response: Response) -> Response:
        name, path, secure = cookie_flags(TRUSTED)
        options: dict[str, Any] = {"max_age": lives_for, "httponly": True, "samesite": "Lax"}
        response.set_cookie(name, kept, path=path, secure=secure, **options)
        return response


def trusted_devices(user: UserBase) -> list[Trusted]:
    """The devices the user trusts, the last used first."""
    here = found_here(user)
    found = sa.select(TrustedDevice).where(*works_now(user))
    return [
        Trusted(
            id=row.id,
            device=device_of(row.agent),
            address=row.address,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            is_current=row.id == here,
        )
        for row in db.session.scalars(found.order_by(TrustedDevice.last_used_at.desc(), TrustedDevice.id.desc()))
    ]


def end_trust(user_id: int, device_id: int | None = None) -> int:
    """End the trust in one device of the user, or in all; returns how many. The caller commits."""
    ended = sa.delete(TrustedDevice).where(TrustedDevice.user_id == user_id)
    return count_of(ended if device_id is None else ended.where(TrustedDevice.id == device_id))


def sent_tokens() -> list[str]:
    """The tokens of this request's cookie; anything else in it is left out."""
    sent = request.cookies.get(cookie_flags(TRUSTED)[0], "")[:1024].split(SEPARATOR)
    length = len(secrets.token_urlsafe(32))
    return [token for token in sent if len(token) == length and token.isascii()][:MOST_TOKENS]
