"""Rules for a safe start: pure functions over plain values.

Each answers with what is wrong, or None; nothing here quotes a key.
"""

import ipaddress
from urllib.parse import urlsplit

SHORTEST_KEY_BYTES = 32
"""Half of the 64-byte block of HMAC-SHA-1 and SHA-256, and what `secrets.token_hex()` gives twice over."""

FEWEST_DIFFERENT = 9
"""Different characters; 32 random hexadecimal digits have fewer than this once in 370,000 keys."""

WELL_KNOWN = {
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",  # Flask's documentation
    "5f352379324c22463451387a0aec5d2f",  # Flask's tutorial on deployment, older
    "0123456789abcdefghijklmnopqrstuvwxyz",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "0123456789abcdef0123456789abcdef",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",  # FastAPI's documentation
}
PLACEHOLDERS = (
    "changeme", "changethis", "djangoinsecure", "insecure", "keepthissecret", "mysecretkey", "notsecret",
    "placeholder", "pleasechange", "replaceme", "secretkeyhere", "supersecret", "yoursecret",
)  # fmt: skip
"""Words that nobody's random key holds."""


def key_problem(key: str) -> str | None:
    """Why a secret key is too weak to sign with; None if it will do."""
    if len(key.encode()) < SHORTEST_KEY_BYTES:
        return f"is shorter than {SHORTEST_KEY_BYTES} bytes"
    if len(set(key)) < FEWEST_DIFFERENT or is_repetition(key):
        return "repeats too few characters"
    bare = "".join(character for character in key.lower() if character.isalnum())
    if key.lower() in WELL_KNOWN or bare in WELL_KNOWN or any(words in bare for words in PLACEHOLDERS):
        return "is a published example or a placeholder"
    return None


def is_repetition(text: str) -> bool:
    """Whether the text is one shorter text again and again."""
    return (text + text).find(text, 1) < len(text)


def url_problem(url: str) -> str | None:
    """Why an address cannot be where people reach the application; None if it can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in {"http", "https"} or not host:
        return "must start with https:// (or http://) and a host"
    if parts.username or parts.password:
        return "must not hold a user or password"
    if parts.query or parts.fragment:
        return "must not have a query or fragment"
    if any(character.isspace() or ord(character) < 32 or character == "\\" for character in url):
        return "must not hold spaces or backslashes"
    return None


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant by the host name."""
    name = host.lower().rstrip(".").strip("[]")
    return name == "localhost" or name.endswith(".localhost") or is_loopback_address(name)


def is_loopback_address(address: str) -> bool:
    """Whether the text is a loopback IP address, also one of IPv4 inside IPv6; false for anything else."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def host_of(url: str) -> str:
    """The host of an address, without port."""
    return urlsplit(url).hostname or ""


def path_of(url: str) -> str:
    """The path an address ends in, `/` if none: where the application is mounted."""
    return urlsplit(url).path.rstrip("/") or "/"
