"""Password hashes that other frameworks made, verified once more and replaced at sign-in.

Imported only where `auth.legacy_hashes` names a kind. MD5, SHA-1 and plain text are not among them: accounts that have
nothing better get a reset mail.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from importlib.util import find_spec

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

from demijohn.errors import SetupError

BCRYPT_BYTES = 72
"""What bcrypt reads of a password; libraries that made such hashes cut the rest off in silence."""
SCRYPT_MEMORY = 256 * 1024 * 1024
"""The most that one verification may take (bytes)."""


class LegacyHashes:
    """Verifies the kinds of hashes that the settings name."""

    def __init__(self, kinds: list[str]) -> None:
        if "bcrypt" in kinds and find_spec("bcrypt") is None:
            raise SetupError("auth.legacy_hashes names bcrypt, which is not installed.", fix="pip install bcrypt")
        self._verifiers = [verifier for kind in kinds for verifier in KINDS[kind].items()]

    def verifier(self, password_hash: str) -> Callable[[str, str], bool] | None:
        """What can verify this hash; None if it is of no kind that was named."""
        return next((verify for prefix, verify in self._verifiers if password_hash.startswith(prefix)), None)

    def verify(self, password_hash: str, password: str) -> bool:
        """Whether the password fits, as it was typed; a broken hash fits none."""
        verify = self.verifier(password_hash)
        try:
            return verify is not None and verify(password_hash, password)
        except ValueError:
            return False


def by_werkzeug(password_hash: str, password: str) -> bool:
    return check_password_hash(password_hash, password)


def by_django_pbkdf2(password_hash: str, password: str) -> bool:
    """`pbkdf2_sha256$<iterations>$<salt>$<base64>`."""
    algorithm, iterations, salt, expected = password_hash.split("$")
    name = algorithm.removeprefix("pbkdf2_")
    made = hashlib.pbkdf2_hmac(name, password.encode(), salt.encode(), int(iterations))
    return hmac.compare_digest(base64.b64encode(made), expected.encode())


def by_django_scrypt(password_hash: str, password: str) -> bool:
    """`scrypt$<n>$<salt>$<r>$<p>$<base64>`."""
    _, n, salt, r, p, expected = password_hash.split("$")
    made = hashlib.scrypt(
        password.encode(), salt=salt.encode(), n=int(n), r=int(r), p=int(p), maxmem=SCRYPT_MEMORY, dklen=64
    )
    return hmac.compare_digest(base64.b64encode(made), expected.encode())


def by_django_argon2(password_hash: str, password: str) -> bool:
    """`argon2$argon2id$…`: the usual form behind a name."""
    try:
        return PasswordHasher().verify(password_hash.removeprefix("argon2"), password)
    except (VerificationError, InvalidHashError):
        return False


def by_bcrypt(password_hash: str, password: str) -> bool:
    import bcrypt  # typed, and only there where a project has such hashes

    fits: bool = bcrypt.checkpw(password.encode()[:BCRYPT_BYTES], password_hash.encode())
    return fits


def by_django_bcrypt(password_hash: str, password: str) -> bool:
    """`bcrypt$$2b$…`, and `bcrypt_sha256$$2b$…` over the SHA-256 of the password."""
    kind, _, plain = password_hash.partition("$")
    if kind == "bcrypt_sha256":
        password = hashlib.sha256(password.encode()).hexdigest()
    return by_bcrypt(plain, password)


KINDS: dict[str, dict[str, Callable[[str, str], bool]]] = {
    "werkzeug": {"scrypt:": by_werkzeug, "pbkdf2:": by_werkzeug},
    "django": {"pbkdf2_sha": by_django_pbkdf2, "scrypt$": by_django_scrypt, "argon2$": by_django_argon2},
    "bcrypt": {"$2": by_bcrypt, "bcrypt": by_django_bcrypt},
}
"""Kind in the settings -> beginning of a hash -> what verifies it."""
