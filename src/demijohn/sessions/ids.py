"""Session ids: what the cookie holds, and what may be derived from it.

Pure functions. An id says by its first letter what it is, so that nothing is asked about a stranger:

- `a` + seed: a stranger's form. It never had a row.
- `s` + 256 random bits + seed: a session with a row, found by the digest of the whole id.

The seed (256 random bits) carries the CSRF secret. A stranger whose session gets a row keeps it, so a form that is
already open stays valid; a sign-in draws both anew.
"""

import hashlib
import hmac
import re
import secrets

SEED = 43
"""Characters of 256 bits in URL-safe base64."""

WELL_FORMED = re.compile(rf"a[\w-]{{{SEED}}}|s[\w-]{{{2 * SEED}}}", re.ASCII)


def well_formed(cookie: str | None) -> str | None:
    """The id in a cookie, or None if we would never have made it (forged, cut, huge)."""
    return cookie if cookie and WELL_FORMED.fullmatch(cookie) else None


def stranger_id() -> str:
    return "a" + secrets.token_urlsafe(32)


def row_id(keeping_seed_of: str | None = None) -> str:
    """A new id for a row; with an older id, forms made under that one stay valid."""
    seed = keeping_seed_of[-SEED:] if keeping_seed_of else secrets.token_urlsafe(32)
    return "s" + secrets.token_urlsafe(32) + seed


def may_have_row(session_id: str | None) -> bool:
    return session_id is not None and session_id[0] == "s"


def digest(session_id: str) -> str:
    """What the table stores instead of the id: a reader of the table cannot use a session."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def csrf_secret(session_id: str) -> str:
    """The secret behind the CSRF tokens of this session, stored nowhere.

    Keyed by the id itself, so it survives a change of SECRET_KEY; the tokens are signed with that key besides.
    """
    return hmac.new(session_id[-SEED:].encode(), b"demijohn csrf", hashlib.sha256).hexdigest()
