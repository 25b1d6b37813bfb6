"""Keys made from the application's secret key, and what is done with them: sealing, signing, one-time tokens.

Every purpose has a key of its own (HKDF), so that nothing made for one can be used for another. What was made with an
older key is still read while that key is in SECRET_KEY_FALLBACKS.
"""

import hashlib
import hmac
import os
import secrets

from flask import Flask

from demijohn.errors import SetupError

NONCE_BYTES = 12
VERSION = b"\x01"
SALT = b"demijohn/1"


class UnreadableError(ValueError):
    """Sealed bytes that no key of this application opens: changed, of another purpose, or of a key now gone."""


def derive_key(app: Flask, purpose: str) -> bytes:
    """The current key for a purpose (32 bytes)."""
    return derived_keys(app, purpose)[0]


def derived_keys(app: Flask, purpose: str) -> list[bytes]:
    """The keys for a purpose (32 bytes each): the current one, then those of SECRET_KEY_FALLBACKS.

    Raises:
        SetupError: the application has no secret key.
    """
    if not app.config.get("SECRET_KEY"):
        raise SetupError(
            "the application has no secret key.",
            fix="set SECRET_KEY to 32 random bytes: python -c 'import secrets; print(secrets.token_urlsafe(32))'",
        )
    mains = [app.config["SECRET_KEY"], *(app.config.get("SECRET_KEY_FALLBACKS") or [])]
    return [hkdf(main.encode() if isinstance(main, str) else bytes(main), purpose.encode()) for main in mains]


def hkdf(main: bytes, info: bytes) -> bytes:
    """One 32-byte key from a main key.

    Source:
        RFC 5869 with SHA-256; one block, because the key is as long as the digest.
    """
    extracted = hmac.digest(SALT, main, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)


def seal(app: Flask, purpose: str, plain: bytes) -> bytes:
    """The bytes encrypted and protected against change (AES-256-GCM, a random nonce each time)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(derive_key(app, f"seal:{purpose}")).encrypt(nonce, plain, purpose.encode())


def unseal(app: Flask, purpose: str, sealed: bytes) -> bytes:
    """What `seal` was given.

    Raises:
        UnreadableError: no key opens it.
    """
    return unseal_with_age(app, purpose, sealed)[0]


def unseal_with_age(app: Flask, purpose: str, sealed: bytes) -> tuple[bytes, bool]:
    """What `seal` was given, and whether an older key opened it, so that it is time to seal it again.

    Raises:
        UnreadableError: no key opens it.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    version, nonce, body = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if version == VERSION and len(nonce) == NONCE_BYTES:
        for age, key in enumerate(derived_keys(app, f"seal:{purpose}")):
            try:
                return AESGCM(key).decrypt(nonce, body, purpose.encode()), age > 0
            except InvalidTag:
                continue
    raise UnreadableError(f"no key of this application opens these sealed bytes (purpose {purpose!r}).")


def sign(app: Flask, purpose: str, message: bytes) -> str:
    """A signature of the message that only this application can make (HMAC-SHA256, hexadecimal)."""
    return hmac.new(derive_key(app, f"sign:{purpose}"), message, hashlib.sha256).hexdigest()


def verify(app: Flask, purpose: str, message: bytes, signature: str) -> bool:
    """Whether `sign` made this signature, with the current key or a fallback; compares in constant time."""
    given = signature.encode(errors="replace")
    expected = [hmac.new(key, message, hashlib.sha256).hexdigest() for key in derived_keys(app, f"sign:{purpose}")]
    return any(hmac.compare_digest(one.encode(), given) for one in expected)


def new_token() -> tuple[str, str]:
    """A one-time token to hand out (256 random bits, safe in an address) and the digest to store."""
    token = secrets.token_urlsafe(32)
    return token, digest_of(token)


def digest_of(token: str) -> str:
    """The stored form of a token (SHA-256, hexadecimal); a plain digest is enough for 256 random bits."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
