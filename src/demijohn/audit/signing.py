"""What proves that an entry, or a seal, was written by this application: a signature over its values.

Whoever can write the tables but has no key cannot make one. An entry's signature does not cover its id, which the
database gives it; the seal does.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from flask import Flask

ENTRY = "audit.entry"
SEAL = "audit.seal"
NONCE_CHARACTERS = 32

SIGNED = ("at", "actor_id", "actor", "channel", "request_id", "address", "action", "table", "key", "changes")
"""Columns of an entry that its signature covers."""

LINKED = ("number", "at", "kind", "ids", "count", "content", "facts", "previous")
"""Columns of a seal that its signature covers, besides its leaves."""


def entry_message(values: Mapping[str, Any]) -> bytes:
    """The entry's values, the same before they are written and after they were read."""
    return canonical({name: values.get(name) for name in SIGNED})


def canonical(values: dict[str, Any]) -> bytes:
    plain = {**values, "at": values["at"].astimezone(UTC).isoformat(timespec="microseconds")}
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def sign_entry(app: Flask, values: Mapping[str, Any]) -> str:
    """A signature that no other entry has, be it of the same values."""
    from demijohn.security.secrets import sign

    nonce = secrets.token_hex(NONCE_CHARACTERS // 2)
    return nonce + sign(app, ENTRY, nonce.encode() + entry_message(values))


def is_own_entry(app: Flask, values: Mapping[str, Any]) -> bool:
    """Whether this application signed the entry as it is, with the current key or a fallback."""
    from demijohn.security.secrets import verify

    signature = values["signature"] or ""
    nonce = signature[:NONCE_CHARACTERS]
    return verify(app, ENTRY, nonce.encode(errors="replace") + entry_message(values), signature[NONCE_CHARACTERS:])


def entry_hash(values: Mapping[str, Any]) -> bytes:
    """SHA-256 of the entry with its id and signature."""
    named = f"{values['id']}\n{values['signature'] or ''}\n".encode(errors="replace")
    return hashlib.sha256(named + entry_message(values)).digest()


def seal_message(values: Mapping[str, Any]) -> bytes:
    return canonical({name: values[name] for name in LINKED}) + b"\n" + bytes(values["leaves"])


def sign_seal(app: Flask, values: Mapping[str, Any]) -> str:
    from demijohn.security.secrets import sign

    return sign(app, SEAL, seal_message(values))


def is_own_seal(app: Flask, values: Mapping[str, Any]) -> bool:
    from demijohn.security.secrets import verify

    return verify(app, SEAL, seal_message(values), values["signature"] or "")


def seal_hash(values: Mapping[str, Any]) -> str:
    """SHA-256 of the seal with its signature: what the next seal holds, and what a head names."""
    return hashlib.sha256(seal_message(values) + b"\n" + str(values["signature"]).encode(errors="replace")).hexdigest()
