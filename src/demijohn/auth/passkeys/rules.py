"""What a browser sends, read with suspicion, and what a host name must be: pure functions.

Imports neither Flask nor the database. What passes here is bytes of a bounded size; whether they are right is for
`library` to say.
"""

import base64
import binascii
import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any

MOST_CHARACTERS = 65_536
"""Of one credential as text; an assertion has under 2,000, a registration with a long attestation 10,000."""

BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}", re.ASCII)

TRANSPORTS = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")
"""Those that the WebAuthn recommendation names; others are dropped."""


class MalformedError(ValueError):
    """What was sent is no credential at all."""


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """The answer of `navigator.credentials.get()`."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes | None


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The answer of `navigator.credentials.create()`."""

    credential_id: bytes
    client_data: bytes
    attestation_object: bytes
    transports: tuple[str, ...]


def read_assertion(sent: Any) -> Assertion:
    """An assertion from JSON.

    Raises:
        MalformedError: it is none.
    """
    credential_id, response = read_credential(sent)
    handle = response.get("userHandle")
    return Assertion(
        credential_id=credential_id,
        client_data=decoded(response.get("clientDataJSON"), most=4_096),
        authenticator_data=decoded(response.get("authenticatorData"), most=4_096),
        signature=decoded(response.get("signature"), most=1_024),
        user_handle=None if handle is None else decoded(handle, most=64),
    )


def read_registration(sent: Any) -> Registration:
    """A registration from JSON.

    Raises:
        MalformedError: it is none.
    """
    credential_id, response = read_credential(sent)
    transports = response.get("transports")
    named = transports if isinstance(transports, list) else []
    return Registration(
        credential_id=credential_id,
        client_data=decoded(response.get("clientDataJSON"), most=4_096),
        attestation_object=decoded(response.get("attestationObject"), most=32_768),
        transports=tuple(one for one in TRANSPORTS if one in named),
    )


def read_credential(sent: Any) -> tuple[bytes, dict[str, Any]]:
    """Id and response of a credential, given as JSON text or as what JSON text says."""
    credential = parsed(sent) if isinstance(sent, str | bytes) else sent
    response = credential.get("response") if isinstance(credential, dict) else None
    if not isinstance(response, dict) or credential.get("type") != "public-key":
        raise MalformedError("not a credential")
    return decoded(credential.get("id"), most=1_023), response


def parsed(text: str | bytes) -> Any:
    if len(text) > MOST_CHARACTERS:
        raise MalformedError("too long")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedError("not JSON") from None


def decoded(value: Any, *, most: int) -> bytes:
    """The bytes of a base64url text, at least one and at most so many."""
    if not isinstance(value, str) or not 0 < len(value) <= most * 2 or not BASE64URL.fullmatch(value):
        raise MalformedError("not base64url")
    bare = value.rstrip("=")
    try:
        plain = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        raise MalformedError("not base64url") from None
    if not 0 < len(plain) <= most:
        raise MalformedError("too long")
    return plain


def encoded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def challenge_in(client_data: bytes) -> bytes:
    """The challenge that the browser says it answered.

    Raises:
        MalformedError: there is none, or the page that asked was inside one of another site.
    """
    said = parsed(client_data)
    if not isinstance(said, dict) or said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise MalformedError("not asked by a page of ours")
    return decoded(said.get("challenge"), most=256)


def host_problem(scheme: str, host: str) -> str | None:
    """Why no browser makes passkeys for pages at this address; None if they do.

    Source:
        Web Authentication Level 3: the RP ID is a valid domain, and the API is there in secure contexts only.
    """
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        is_local = host == "localhost" or host.endswith(".localhost")
        return None if scheme == "https" or is_local else "is not https"
    return "is an IP address instead of a name"
