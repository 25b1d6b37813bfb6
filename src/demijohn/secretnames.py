"""Which names of columns say that they hold a secret: the rule that the dashboard and the audit log share."""

ENDINGS = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "hash",
    "hashed",
    "digest",
    "apikey",
    "salt",
    "credential",
)
WORDS = {"key", "keys", "stamp", "otp", "totp", "pin", "cvv", "signature"}
SAFE_WORDS = {"public", "foreign", "primary", "sort"}


def is_secret_name(name: str) -> bool:
    """Whether a column of text is a secret by its name."""
    words = name.lower().split("_")
    if len(words) > 1 and words[0] in SAFE_WORDS:
        return False
    last = words[-1]
    singular = last.removesuffix("es") if last.endswith("hes") else last.removesuffix("s")
    return last in WORDS or singular.endswith(ENDINGS) or any(w in {"password", "secret"} for w in words)
