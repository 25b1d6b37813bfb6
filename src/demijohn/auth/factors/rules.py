"""Rules about codes: pure functions over plain values.

Imports neither Flask nor the database.
"""

import secrets
import unicodedata

STEP_SECONDS = 30
WINDOW = (-1, 0, 1)
"""Steps beside the present one that are accepted: clocks differ, and people type slowly (RFC 6238, 5.2)."""

DIGITS = 6

RECOVERY_CODES = 10
FEW_RECOVERY_CODES = 3
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""31 signs that nobody takes for another when reading or writing them by hand (no 0 o, 1 i l)."""

GROUPS, GROUP_LENGTH = 4, 4
"""16 signs are log2(31) x 16 = 79 random bits: too many to try against stored digests; a slow hash adds nothing."""

LONGEST_INPUT = 64


def step_of(timestamp: float) -> int:
    """The time step of a moment (seconds since 1970)."""
    return int(timestamp) // STEP_SECONDS


def plain_code(text: str) -> str:
    """A code as it is compared, however it was typed: no spaces or dashes, lower case; empty for what can't be one."""
    if len(text) > LONGEST_INPUT:
        return ""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(sign for sign in folded if sign.isascii() and sign.isalnum())


def is_app_code(code: str) -> bool:
    """Whether a plain code is of the kind that apps show."""
    return len(code) == DIGITS and code.isascii() and code.isdecimal()


def new_recovery_code() -> str:
    """`7k2m-p9xq-dh4t-w3ve`."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def in_groups(secret: str) -> str:
    """A secret as people type it: four signs at a time."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
