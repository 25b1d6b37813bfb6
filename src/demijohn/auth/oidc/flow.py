"""The way to a provider and back: what is begun in a session ends in that session, once, and with proof."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Literal

from flask import current_app, session

from demijohn.auth.oidc.asking import Patience, ProviderError
from demijohn.auth.oidc.provider import Provider, seconds_now
from demijohn.auth.oidc.rules import Claimed, claimed_by
from demijohn.auth.spent import spend
from demijohn.database.base import db
from demijohn.security.redirects import is_safe_target
from demijohn.security.secrets import digest_of
from demijohn.security.urls import public_url_for

STARTED = "_oidc_started"
LIVES_SECONDS = 900
AT_ONCE = 5
"""So many ways to a provider may be open in one session (tabs); an older one is forgotten."""

Purpose = Literal["enter", "link", "confirm"]


class NotOurs(ProviderError):  # noqa: N818 - reads as a sentence
    """The answer belongs to no way to a provider that this session began, or to one that was gone already."""


class Declined(ProviderError):  # noqa: N818 - reads as a sentence
    """The provider says no.

    Attributes:
        code: the standard's name for why (`access_denied`); anything else is not repeated.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"it answered {code[:60]!r}")


@dataclass(frozen=True, kw_only=True)
class Started:
    """One way to a provider, as the session remembers it.

    Attributes:
        user_id: who began it, if it is to connect an account or to confirm who one is.
        began_at: seconds since 1970; after 15 minutes it counts no longer.
    """

    provider: str
    purpose: Purpose
    nonce: str
    verifier: str
    wanted: str
    user_id: int | None
    began_at: float


@dataclass(frozen=True, kw_only=True)
class Proven:
    """Who came back, and the ID token that says so."""

    claimed: Claimed
    id_token: str
    started: Started


def begin(provider: Provider, *, purpose: Purpose, wanted: str = "", user_id: int | None = None) -> str:
    """Remember the way in this session; returns the provider's address where it goes on.

    Raises:
        ProviderError: the provider does not answer.
    """
    from demijohn.auth.oidc.protocol import authorization_address

    db.session.rollback()  # nobody else waits for a connection while we wait for the provider
    started = Started(
        provider=provider.name,
        purpose=purpose,
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        wanted=wanted if is_safe_target(wanted) else "",
        user_id=user_id,
        began_at=seconds_now(),
    )
    state = secrets.token_urlsafe(32)
    again = {"prompt": "login", "max_age": "0"} if purpose == "confirm" else {}
    address = authorization_address(
        provider,
        Patience(),
        redirect_uri=redirect_uri(provider),
        verifier=started.verifier,
        state=state,
        nonce=started.nonce,
        **again,
    )
    known: dict[str, Any] = session.get(STARTED, {})  # stored in the order of its keys, which says nothing
    open_ways = sorted(known.items(), key=lambda way: float(way[1]["began_at"]))[-(AT_ONCE - 1) :]
    session[STARTED] = {**dict(open_ways), digest_of(state): asdict(started)}
    return address


def redirect_uri(provider: Provider) -> str:
    return public_url_for("auth.oidc_callback", provider=provider.name)


def finish(provider: Provider, answer: Mapping[str, str]) -> Proven:
    """Who the provider says has come back.

    Args:
        answer: the parameters of the address the provider sent the browser to.

    Raises:
        NotOurs: this session began no such way.
        Declined: the provider says no.
        ProviderError: it does not answer, or what it says proves nothing.
    """
    from demijohn.auth.oidc.protocol import claims_of, tokens_for

    started, patience = take(provider, answer.get("state", "")), Patience()
    refuse_mixed_up(provider, answer, patience)
    if "error" in answer:
        raise Declined(answer["error"])
    tokens = tokens_for(
        provider,
        patience,
        redirect_uri=redirect_uri(provider),
        code=answer.get("code", ""),
        verifier=started.verifier,
    )
    claims = claims_of(provider, patience, tokens["id_token"], nonce=started.nonce, access_token=tokens["access_token"])
    claimed = claimed_from(provider, complete(provider, patience, claims, tokens["access_token"]))
    return Proven(claimed=claimed, id_token=tokens["id_token"], started=started)


def take(provider: Provider, state: str) -> Started:
    """What this session remembers of the way with this state; it is gone then, for every process.

    Raises:
        NotOurs: nothing, it was another provider's, it is too old, or another request was quicker.
    """
    open_ways = dict(session.get(STARTED, {}))
    stored: dict[str, Any] | None = open_ways.pop(digest_of(state), None)
    if stored is None:
        raise NotOurs("the answer has a state that this session did not begin")
    session[STARTED] = open_ways
    if not open_ways:
        del session[STARTED]
    started = Started(**stored)
    if started.provider != provider.name or not 0 <= seconds_now() - started.began_at < LIVES_SECONDS:
        raise NotOurs("the answer is another provider's, or too late")
    if not spend(f"state {state}", lives_for=timedelta(seconds=LIVES_SECONDS)):
        raise NotOurs("the answer was used already")
    return started


def refuse_mixed_up(provider: Provider, answer: Mapping[str, str], patience: Patience) -> None:
    """Refuse an answer that another provider gave.

    Raises:
        NotOurs: it names another issuer, or none though the provider always does.

    Source:
        RFC 9207, 2.4.
    """
    said = answer.get("iss")
    always = provider.metadata(patience).get("authorization_response_iss_parameter_supported") is True
    if (said is None and always) or (said is not None and said != provider.section.issuer):
        raise NotOurs("the answer names another issuer")


def complete(provider: Provider, patience: Patience, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
    """The claims with what the provider tells only when asked: address and groups; the ID token's own win."""
    from demijohn.auth.oidc.protocol import userinfo_of

    section = provider.section
    groups_matter = bool(section.roles or section.superuser_groups)
    if "email" in claims and (not groups_matter or section.roles_claim.partition(".")[0] in claims):
        return claims
    return {**userinfo_of(provider, patience, access_token, subject=claims["sub"]), **claims}


def claimed_from(provider: Provider, claims: Mapping[str, Any]) -> Claimed:
    section = provider.section
    return claimed_by(
        claims,
        roles_claim=section.roles_claim,
        second_factors=section.second_factor_values,
        trusts_address=section.emails_are_verified,
    )


def log_problem(provider: Provider, error: ProviderError) -> None:
    current_app.logger.warning("OpenID Connect, %s: %s.", provider.name, error)
