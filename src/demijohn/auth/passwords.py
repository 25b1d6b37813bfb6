"""Hashing: argon2id, never inside a database transaction, never more at once than a process can bear."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.exceptions import ServiceUnavailable

from demijohn.auth.rules import is_too_long, normalise_password
from demijohn.auth.settings import AuthSettings

if TYPE_CHECKING:
    from demijohn.auth.legacy_hashes import LegacyHashes

WAIT_SECONDS = 5
WAITING_PER_SLOT = 4


class Passwords:
    """Makes and verifies password hashes for one application.

    A hash takes 19 MiB and tens of milliseconds, so a flood of sign-ins could fill memory and keep every thread busy.
    Only `concurrent_hashes` run at once and a few more wait; the rest are told to come back (503).
    """

    def __init__(self, section: AuthSettings) -> None:
        self.hasher = PasswordHasher(
            time_cost=section.hash_passes, memory_cost=section.hash_memory_kib, parallelism=section.hash_lanes
        )
        self.running = BoundedSemaphore(section.concurrent_hashes)
        self.admitted = BoundedSemaphore(section.concurrent_hashes * WAITING_PER_SLOT)
        self.decoy = decoy_hash(section)
        self.legacy = legacy_of(section)

    def hash(self, password: str) -> str:
        with self._slot():
            return self.hasher.hash(normalise_password(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; takes as long without a hash as with one."""
        if is_too_long(password):
            password, password_hash = "", None
        with self._slot():
            if password_hash and self.legacy and self.legacy.verifier(password_hash):
                return self.legacy.verify(password_hash, password)
            try:
                self.hasher.verify(password_hash or self.decoy, normalise_password(password))
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made in another way, or with other parameters, than hashes are made now."""
        return not password_hash.startswith("$argon2") or self.hasher.check_needs_rehash(password_hash)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self.admitted.acquire(blocking=False):
            raise ServiceUnavailable("Too many people are signing in at this moment.", retry_after=1)
        try:
            if not self.running.acquire(timeout=WAIT_SECONDS):
                raise ServiceUnavailable("Too many people are signing in at this moment.", retry_after=WAIT_SECONDS)
            try:
                yield
            finally:
                self.running.release()
        finally:
            self.admitted.release()


def legacy_of(section: AuthSettings) -> "LegacyHashes | None":
    """What verifies hashes of other frameworks; None where the settings name none, and then nothing is imported."""
    if not section.legacy_hashes:
        return None
    from demijohn.auth.legacy_hashes import LegacyHashes

    return LegacyHashes(list(section.legacy_hashes))


def decoy_hash(section: AuthSettings) -> str:
    """A well-formed hash that no password fits, so that an unknown account takes the work of a known one."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    costs = f"m={section.hash_memory_kib},t={section.hash_passes},p={section.hash_lanes}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


CONSONANTS, VOWELS = "bdfgklmnprstvz", "aeiou"


def readable_password() -> str:
    """Three words that mean nothing and four digits: 9 x log2(70) + log2(10,000) = 68 bits."""
    words = ["".join(secrets.choice(CONSONANTS) + secrets.choice(VOWELS) for _ in range(3)) for _ in range(3)]
    return "-".join([*words, f"{secrets.randbelow(10_000):04}"])
