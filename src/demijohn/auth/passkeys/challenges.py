"""Challenges: what a device signs to show that it answers now, here and for this.

A challenge is random, says when it runs out, and is signed together with the session and the purpose it is for. So
asking for one writes nothing (the sign-in page may ask for every stranger), and none can be made up or used
elsewhere. What is written is that one was answered rightly, which decides who was first.
"""

import secrets
import struct
from datetime import UTC, datetime, timedelta
from typing import Literal

from flask import Flask, current_app, session

from demijohn.auth.extension import auth_of
from demijohn.auth.spent import spend
from demijohn.clock import now
from demijohn.security.secrets import sign, verify

Purpose = Literal["register", "sign-in", "second-factor", "confirm"]

RANDOM_BYTES = 32
HEAD = struct.Struct(f">{RANDOM_BYTES}sQ")
"""Random bytes, and when it runs out (milliseconds since 1970)."""

SIGNATURE_BYTES = 32
SIGNING = "auth.passkey.challenge"


def new_challenge(purpose: Purpose) -> bytes:
    """A challenge that this session may answer once, for this purpose, for `auth.passkeys.challenge_seconds`."""
    ends = now() + timedelta(seconds=auth_of().section.passkeys.challenge_seconds)
    head = HEAD.pack(secrets.token_bytes(RANDOM_BYTES), int(ends.timestamp() * 1000))
    return head + bytes.fromhex(sign(this_app(), SIGNING, head + context(purpose)))


def is_ours(challenge: bytes, purpose: Purpose) -> bool:
    """Whether this session got the challenge for this purpose, and it has not run out."""
    head, signature = challenge[: HEAD.size], challenge[HEAD.size :]
    if len(signature) != SIGNATURE_BYTES or not verify(this_app(), SIGNING, head + context(purpose), signature.hex()):
        return False
    return now() < expiry(challenge)


def context(purpose: Purpose) -> bytes:
    """Who may answer, and what for: the secret behind the session's forms changes with every rise in privilege."""
    return f"{purpose}\0{session.get('csrf_token', '')}".encode()


def expiry(challenge: bytes) -> datetime:
    return datetime.fromtimestamp(HEAD.unpack(challenge[: HEAD.size])[1] / 1000, UTC)


def use_up(challenge: bytes) -> bool:
    """Note that the challenge was answered; whether this was the first answer. Commits."""
    return spend(f"{SIGNING} {challenge.hex()}", lives_for=expiry(challenge) - now())


def this_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined, no-any-return]
