"""How a token looks: prefix, 256 random bits, checksum. Pure functions over strings.

The checksum tells a mistyped or made-up token from a real one without asking the database, and lets secret scanners
report with few false alarms.
"""

import secrets
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 43
"""Digits of base 62 that hold 256 bits."""
CHECK_LENGTH = 6
"""Digits of base 62 that hold 32 bits."""


def new_bearer_token(prefix: str) -> str:
    """A token to hand out once: `dj_`, 43 random letters and digits, 6 of checksum."""
    body = f"{prefix}_{in_base_62(secrets.randbits(256), RANDOM_LENGTH)}"
    return body + checksum(body)


def is_well_formed(token: str, prefix: str) -> bool:
    """Whether it could be a token of ours; says nothing about whether it is one."""
    length = len(prefix) + 1 + RANDOM_LENGTH + CHECK_LENGTH
    if len(token) != length or not token.startswith(f"{prefix}_") or not token.isascii():
        return False
    return checksum(token[:-CHECK_LENGTH]) == token[-CHECK_LENGTH:]


def checksum(body: str) -> str:
    return in_base_62(zlib.crc32(body.encode()), CHECK_LENGTH)


def in_base_62(number: int, length: int) -> str:
    """The number in digits, the last `length` of them."""
    digits = ""
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits = DIGITS[rest] + digits
    return digits


def bearer_of(header: str) -> str | None:
    """The token of an `Authorization` header; None if it is of another kind (RFC 6750 2.1, RFC 9110 11.1)."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
