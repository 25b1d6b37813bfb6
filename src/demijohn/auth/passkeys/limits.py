"""How often passkeys may be tried: per network, because nobody guesses one and what is to be kept down is the work."""

from demijohn.auth.extension import auth_of
from demijohn.auth.limits import network
from demijohn.security.throttle import Limit, Verdict, give_back, hit


def passkey_limit() -> Limit:
    section = auth_of().section
    return Limit("auth.passkey.network", section.sign_in_address_attempts, section.sign_in_window_seconds)


def may_show_passkey() -> Verdict:
    """Count a passkey before it is looked at."""
    return hit(passkey_limit(), network())


def passkey_was_right() -> None:
    """Uncount it: only failures are held against a network."""
    give_back(passkey_limit(), network())
