"""Who a request with `Authorization: Bearer …` is from.

The header alone decides: such a request is never taken for the person whose session cookie comes along, and so needs no
CSRF token. On the account pages tokens count for nothing: no program changes its owner's password.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, TooManyRequests

from demijohn.auth.access import can
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.bearer.rules import bearer_of, is_well_formed
from demijohn.auth.capability import Identified
from demijohn.auth.extension import auth_of
from demijohn.auth.limits import network
from demijohn.auth.login import act_as
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.permissions import ADMIN_ACCESS, limit_to_scopes
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.address import client_address
from demijohn.security.secrets import digest_of
from demijohn.security.start import extension_of
from demijohn.security.throttle import Limit, hit, in_words

STAND_IN = "This can't be done with an API token. Sign in as a person."
USED_EVERY_SECONDS = 60
IN_USE = "demijohn_token_in_use"
"""Where a request keeps the id of the token whose use is to be noted (an attribute of `g`)."""


@dataclass(frozen=True, kw_only=True)
class Use:
    token_id: int
    address: str


def start(app: Flask) -> None:
    """Let requests with a token pass without one against forgery, and note the use when they end."""
    extension_of(app).without_cookie.append(shows_token)
    app.teardown_request(note_use)


def shows_token() -> bool:
    """Whether the request names its sender by a token, good or bad, where tokens count."""
    return shown_token() is not None


def shown_token() -> str | None:
    return None if request.blueprint == "auth" else bearer_of(request.headers.get("Authorization", ""))


def identify() -> Identified | None:
    """The token's owner, or nobody if it is wrong; None where the request shows no token.

    Raises:
        TooManyRequests: this network has shown too many wrong ones.
    """
    token = shown_token()
    if token is None:
        return None
    if not is_well_formed(token, auth_of().section.tokens.prefix):
        return Identified(user=None)
    found = find(token)
    if found is None:
        count_failure()
        return Identified(user=None)
    record, user = found
    if not may_have_tokens(user):
        return Identified(user=None)
    request.environ["demijohn.user_id"] = user.id  # for the line in the log
    act_as(user, label=f"{user.email} (token {record.name})", stand_in=STAND_IN)
    if record.scope_set is not None:
        limit_to_scopes(user, record.scope_set)
    if record.last_used_at is None or (now() - record.last_used_at).total_seconds() >= USED_EVERY_SECONDS:
        setattr(g, IN_USE, Use(token_id=record.id, address=client_address()[:45]))
    return Identified(user=user)


def find(token: str) -> tuple[ApiToken, UserBase] | None:
    """The token and its active owner, in one statement; None if there is none, or it has expired."""
    user = user_class()
    asked = (
        sa.select(ApiToken, user)
        .join(user, user.id == ApiToken.user_id)
        .where(ApiToken.digest == digest_of(token), ApiToken.expires_at > now(), user.is_active)
    )
    row = db.session.execute(asked).one_or_none()
    return None if row is None else (row[0], row[1])


def may_have_tokens(user: UserBase) -> bool:
    """Whether the settings let this user use tokens."""
    return auth_of().section.tokens.allowed == "everybody" or can(user, ADMIN_ACCESS)


def count_failure() -> None:
    """Count a token that looked right and was not; over the limit, nobody from that network is answered."""
    verdict = hit(Limit("auth.bearer.network", auth_of().section.tokens.failures, 900), network())
    if not verdict.allowed:
        wait = verdict.retry_after_seconds
        raise TooManyRequests(f"Too many wrong tokens. Wait {in_words(wait)} and try again.", retry_after=wait)


def note_use(error: BaseException | None = None) -> None:
    """Write down, at most once a minute, that the token was used and from where."""
    use: Use | None = g.pop(IN_USE, None)
    if use is None or (error is not None and not isinstance(error, HTTPException)):
        return
    if db.session.registry.has():
        db.session.rollback()  # what the view left open is lost anyway, and may hold SQLite's only write lock
    used = sa.update(ApiToken).where(ApiToken.id == use.token_id).values(last_used_at=now(), last_address=use.address)
    try:
        with db.engine.begin() as connection:
            connection.execute(used)
    except SQLAlchemyError as failure:  # the answer is on its way, and the next use is noted again
        current_app.logger.warning("The use of an API token was not noted: %s", type(failure).__name__)
