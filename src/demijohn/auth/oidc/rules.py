"""Rules about what a provider says of a person: pure functions over plain values.

Imports neither Flask nor the database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from demijohn.auth.addresses import AddressError, normalise_address

MAX_GROUPS = 1_000
SKEW_SECONDS = 60
"""How far the provider's clock may be from ours."""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What a provider says of the person who came.

    Attributes:
        email: their address in our written form; None if it gave none that can be one.
        is_verified: whether the provider says that the address is theirs.
    """

    issuer: str
    subject: str
    email: str | None
    is_verified: bool
    name: str
    groups: frozenset[str]
    has_second_factor: bool
    authenticated_at: int | None


def claimed_by(
    claims: Mapping[str, Any], *, roles_claim: str, second_factors: Collection[str], trusts_address: bool
) -> Claimed:
    """The facts in the claims of a verified ID token (and of the answer about the user)."""
    return Claimed(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        email=address_in(claims),
        is_verified=is_verified(claims, trusts_address=trusts_address),
        name=text_of(claims.get("name")),
        groups=groups_in(claims, roles_claim),
        has_second_factor=states_second_factor(claims, second_factors),
        authenticated_at=moment_of(claims.get("auth_time")),
    )


def address_in(claims: Mapping[str, Any]) -> str | None:
    given = claims.get("email")
    try:
        return normalise_address(given) if isinstance(given, str) else None
    except AddressError:
        return None


def is_verified(claims: Mapping[str, Any], *, trusts_address: bool) -> bool:
    """Whether the address counts as theirs; some providers write the answer as text."""
    said = claims.get("email_verified")
    if said is None:
        return trusts_address
    return said is True or said == "true"


def text_of(value: Any, longest: int = 255) -> str:
    """A text fit to be stored and shown in one line."""
    if not isinstance(value, str):
        return ""
    clean = value.encode("utf-8", "replace").decode()
    return " ".join("".join(c for c in clean if c.isprintable() or c.isspace()).split())[:longest]


def moment_of(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def groups_in(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """The groups a claim holds: a list, or one text; the claim's own name first, then as a path with dots."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return (
        frozenset(one for one in found[:MAX_GROUPS] if isinstance(one, str)) if isinstance(found, list) else frozenset()
    )


def states_second_factor(claims: Mapping[str, Any], values: Collection[str]) -> bool:
    amr = claims.get("amr")
    stated = {one for one in amr if isinstance(one, str)} if isinstance(amr, list) else set()
    acr = claims.get("acr")
    return bool((stated | ({acr} if isinstance(acr, str) else set())) & set(values))


def is_fresh_proof(authenticated_at: int | None, *, asked_at: int) -> bool:
    """Whether the provider says that the person proved who they are after we asked."""
    return authenticated_at is not None and authenticated_at >= asked_at - SKEW_SECONDS
