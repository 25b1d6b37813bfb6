"""Rules about passwords and browsers: pure functions over plain values.

Needs neither an application nor the database, so every rule can be tested with words.
"""

import gzip
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

from demijohn.words import gettext

MAX_LENGTH = 1_024
"""Characters; more is refused, never cut."""

COMMON = Path(__file__).parent / "data" / "common_passwords.txt.gz"


def normalise_password(text: str) -> bytes:
    """The bytes that are hashed: the same for every way a keyboard writes the same text (NFKC, UTF-8).

    Source:
        NIST SP 800-63B, 3.1.1.2: normalise with NFKC or NFKD before hashing.
    """
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


def is_too_long(password: str) -> bool:
    """Whether it is refused unread; asked before any work is done on it."""
    return len(password) > MAX_LENGTH


def password_problems(password: str, *, min_length: int, personal: Iterable[str] = ()) -> list[str]:
    """Why this can't be somebody's password, in words for them; empty if it can.

    Args:
        password: as typed.
        min_length: characters, counted after normalisation.
        personal: what everybody knows of the person and the place: address, name, the application's name.

    Source:
        NIST SP 800-63B, 3.1.1.2: length and a list of known passwords; no composition rules.
    """
    if is_too_long(password):
        return [gettext("Use at most %(longest)s characters.", longest=f"{MAX_LENGTH:,}")]
    if any(unicodedata.category(character) == "Cs" for character in password):
        return [gettext("It holds characters that are no text. Type it again.")]
    text = unicodedata.normalize("NFKC", password)
    if len(text) < min_length:
        return [too_short(min_length, len(text))]
    if is_easy(text):
        return [gettext("This is one of the passwords people try first. Choose another.")]
    if is_personal(text, personal):
        return [gettext("Choose one that is not made of your address, your name or the name of this site.")]
    return []


def too_short(least: int, length: int) -> str:
    return gettext(
        "Use at least %(least)s characters; this has %(length)s. Four or five words make a good one.",
        least=least,
        length=length,
    )


def is_easy(text: str) -> bool:
    """Whether it is a common password, one written several times over, or a run such as 12345 or abcde."""
    folded = text.casefold()
    unit = repeated_unit(folded)
    return folded in common_passwords() or (unit != folded and is_easy_unit(unit)) or is_run(folded)


def is_easy_unit(unit: str) -> bool:
    return len(unit) < 6 or unit in common_passwords() or is_run(unit)


def repeated_unit(text: str) -> str:
    """The shortest text of which this is a repetition, cut anywhere: `abcabca` -> `abc`."""
    for size in range(1, len(text) // 2 + 1):
        if (text[:size] * (len(text) // size + 1))[: len(text)] == text:
            return text[:size]
    return text


def is_run(text: str) -> bool:
    """Whether each character is next to the one before, forwards or backwards, with 0 after 9."""
    steps = {(ord(b) - ord(a)) % 10 if a.isdigit() and b.isdigit() else ord(b) - ord(a) for a, b in pairwise(text)}
    return len(steps) == 1 and steps <= {-1, 0, 1, 9}


def is_personal(text: str, personal: Iterable[str]) -> bool:
    """Whether it is nothing but something known of the person, in any case, with other signs or digits at its end."""
    known = {plain(fact) for fact in personal} | {plain(fact.partition("@")[0]) for fact in personal}
    word = plain(text)
    return any(len(fact) >= 4 and fact in {word, word.rstrip("0123456789"), repeated_unit(word)} for fact in known)


def plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def common_passwords() -> frozenset[str]:
    """Passwords seen most often in leaks, in lower case; read on first use."""
    return frozenset(gzip.decompress(COMMON.read_bytes()).decode().split("\n"))


BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "Chromebook",
    "Linux": "Linux",
}


def device_of(agent: str) -> str:
    """A device in the reader's words (`Firefox on Windows`), guessed from the User-Agent header."""
    browser = next((name for sign, name in BROWSERS.items() if sign in agent), "")
    system = next((name for sign, name in SYSTEMS.items() if sign in agent), "")
    return " on ".join(filter(None, (browser, system))) or "Unknown device"
