"""Rules for what a log may show of a request: pure functions over plain values.

Imports neither Flask nor the database.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

MASK = "***"
LONGEST = 1_000

SECRET_NAME = re.compile(
    r"token|secret|passw|pwd|key|code|state|session|signature|\bsig\b|auth|jwt|otp|csrf|nonce|hash|digest|credential"
    r"|e-?mail|phone|ticket",
    re.IGNORECASE,
)
"""Names of query values and path arguments that are not shown; too much is masked rather than too little."""

RANDOM = re.compile(r"(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_\-.~=]{24,}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
FILE = re.compile(r"\.[a-z0-9]{1,5}$")
URL_PASSWORD = re.compile(r"(\b[a-z][a-z0-9+.\-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE)

SAFE_IN_PATH = "/-._~!$&'()*+,;=:@"


def is_secret_name(name: str) -> bool:
    return SECRET_NAME.search(name) is not None


def looks_random(segment: str) -> bool:
    """Whether a path segment may be a token: long, of letters and digits, neither a UUID nor a file's name."""
    return bool(RANDOM.fullmatch(segment)) and not UUID.fullmatch(segment) and not FILE.search(segment)


def mask_path(path: str, arguments: Mapping[str, object] | None = None) -> str:
    """The path as a log may show it: one line of ASCII, tokens replaced.

    Args:
        path: decoded, as in `request.path`.
        arguments: what routing took out of it; those with a secret's name are masked whatever they look like.
    """
    secrets = {str(value) for name, value in (arguments or {}).items() if is_secret_name(name)}
    parts = [MASK if part in secrets or looks_random(part) else part for part in path.split("/")]
    return quote("/".join(parts), safe=SAFE_IN_PATH)[:LONGEST]


def mask_query(query: str) -> str:
    """The query as a log may show it: values masked by their names, tokens inside addresses too."""
    shown = []
    for name, value in parse_qsl(query[: LONGEST * 4], keep_blank_values=True):
        hidden = is_secret_name(name)
        shown.append(f"{mask_path(name)}={MASK if hidden else mask_path(value)}")
    return "&".join(shown)[:LONGEST]


def mask_text(text: str) -> str:
    """Free text with passwords in database addresses masked."""
    return URL_PASSWORD.sub(rf"\1:{MASK}@", text)
