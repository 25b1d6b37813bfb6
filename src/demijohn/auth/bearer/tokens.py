"""API tokens made, listed and revoked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from flask import current_app

from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.bearer.rules import new_bearer_token
from demijohn.auth.companions import note
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.auth.models import UserBase
from demijohn.auth.notices import tell_owner
from demijohn.auth.permissions import all_permissions, held_by
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.secrets import digest_of


@dataclass(frozen=True, kw_only=True)
class Made:
    """A new token's row, and the token itself, which is nowhere else."""

    record: ApiToken
    token: str


def offered_scopes(user: UserBase) -> list[str]:
    """The permissions a token of this user can have: those the user has."""
    held = held_by(user)
    return [name for name in all_permissions(current_app) if name in held]


def make_token(user: UserBase, name: str, *, days: int, scopes: Iterable[str] | None) -> Made:
    """A new token, and a notice to its owner. The caller commits.

    Args:
        days: how long it works.
        scopes: the permissions it may use; None for all that its owner has at the time.

    Raises:
        Refused: too many tokens, too long a life, or a permission the user does not have.
    """
    section = auth_of().section.tokens
    if not 1 <= days <= section.longest_days:
        raise Refused(f"From 1 to {section.longest_days} days.", field="days")
    chosen = None if scopes is None else sorted(set(scopes))
    missing = sorted(set(chosen or ()) - set(offered_scopes(user)))
    if missing:
        raise Refused(f"You do not have {', '.join(missing)} yourself.", field="scopes")
    remove_expired(user)
    count = sa.select(sa.func.count()).select_from(ApiToken).where(ApiToken.user_id == user.id)
    if (db.session.scalar(count) or 0) >= section.most:
        raise Refused(f"You have {section.most} tokens, which is the limit. Revoke one first.")
    token = new_bearer_token(section.prefix)
    record = ApiToken(
        user_id=user.id,
        name=name.strip(),
        digest=digest_of(token),
        ending=token[-4:],
        scopes=None if chosen is None else " ".join(chosen),
        expires_at=now() + timedelta(days=days),
    )
    db.session.add(record)
    note("auth.token_made", user, changes={"name": record.name, "scopes": chosen})
    tell_owner(user, "token_made", name=record.name)
    return Made(record=record, token=token)


def tokens_of(user: UserBase) -> list[ApiToken]:
    """The user's tokens, newest first; those that have expired are among them until the next is made."""
    return list(db.session.scalars(sa.select(ApiToken).where(ApiToken.user_id == user.id).order_by(ApiToken.id.desc())))


def revoke_token(user: UserBase, token_id: int) -> bool:
    """End one token if it is this user's; whether it was. The caller commits."""
    mine = sa.select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.id == token_id)
    record = db.session.scalars(mine).one_or_none()
    if record is None:
        return False
    db.session.delete(record)
    note("auth.token_revoked", user, changes={"name": record.name})
    return True


def remove_expired(user: UserBase) -> None:
    for record in tokens_of(user):
        if record.expires_at <= now():
            db.session.delete(record)
    db.session.flush()
