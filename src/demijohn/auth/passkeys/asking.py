"""What the browser is told before it asks for a passkey: WebAuthn's options as JSON, each with a fresh challenge.

Plain data, so that a sign-in page imports no library.
"""

import secrets
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from demijohn.auth.extension import auth_of
from demijohn.auth.models import UserBase
from demijohn.auth.passkeys.challenges import Purpose, new_challenge
from demijohn.auth.passkeys.keeping import usable_passkeys
from demijohn.auth.passkeys.library import ALGORITHMS
from demijohn.auth.passkeys.models import Passkey, PasskeyOwner
from demijohn.auth.passkeys.relying_party import relying_party
from demijohn.auth.passkeys.rules import encoded
from demijohn.database.base import db

HANDLE_BYTES = 64


def creation_options(user: UserBase) -> dict[str, Any]:
    """For `navigator.credentials.create()`: a passkey that asks for its owner, on a device that has none yet."""
    party = relying_party()
    handle = handle_of(user.id)
    return {
        "rp": {"id": party.id, "name": party.name},
        "user": {"id": encoded(handle), "name": user.email, "displayName": user.name or user.email},
        "challenge": encoded(new_challenge("register")),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": timeout_ms(),
        "attestation": "none",
        "excludeCredentials": descriptors(usable_passkeys(user.id)),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
    }


def request_options(purpose: Purpose, user: UserBase | None = None) -> dict[str, Any]:
    """For `navigator.credentials.get()`.

    Args:
        user: whose passkeys are asked for; None lets the browser offer those it has for this host.
    """
    return {
        "rpId": relying_party().id,
        "challenge": encoded(new_challenge(purpose)),
        "timeout": timeout_ms(),
        "allowCredentials": descriptors(usable_passkeys(user.id)) if user else [],
        "userVerification": "preferred" if purpose == "second-factor" else "required",
    }


def descriptors(passkeys: Iterable[Passkey]) -> list[dict[str, Any]]:
    return [
        {
            "type": "public-key",
            "id": encoded(passkey.credential_id),
            "transports": [transport for transport in passkey.transports.split(",") if transport],
        }
        for passkey in passkeys
    ]


def timeout_ms() -> int:
    return auth_of().section.passkeys.challenge_seconds * 1000


def handle_of(user_id: int) -> bytes:
    """The user's handle, made and committed when first asked for."""
    wanted = sa.select(PasskeyOwner.handle).where(PasskeyOwner.user_id == user_id)
    found = db.session.scalar(wanted)
    if found is not None:
        return found
    try:
        db.session.add(PasskeyOwner(user_id=user_id, handle=secrets.token_bytes(HANDLE_BYTES)))
        db.session.commit()
    except IntegrityError:  # another request was quicker
        db.session.rollback()
    return db.session.scalars(wanted).one()


def signals(user: UserBase) -> dict[str, Any]:
    """What password managers may be told: which passkeys of this account are left, and what it is called now."""
    handle = db.session.scalar(sa.select(PasskeyOwner.handle).where(PasskeyOwner.user_id == user.id))
    if handle is None:
        return {}
    party = relying_party()
    return {
        "rpId": party.id,
        "userId": encoded(handle),
        "allAcceptedCredentialIds": [encoded(passkey.credential_id) for passkey in usable_passkeys(user.id)],
        "name": user.email,
        "displayName": user.name or user.email,
    }
