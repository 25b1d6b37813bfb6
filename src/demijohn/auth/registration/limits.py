"""How often people may ask for an account, and be invited."""

from demijohn.auth.addresses import comparable_address
from demijohn.auth.extension import auth_of
from demijohn.auth.limits import network
from demijohn.security.throttle import Limit, Verdict, hit


def registration_limits() -> tuple[Limit, Limit]:
    section = auth_of().section
    window = section.registration_window_seconds
    return (
        Limit("auth.register.network", section.registration_address_attempts, window),
        Limit("auth.register.address", section.registration_attempts, window),
    )


def may_register(address: str) -> Verdict:
    """Count a request for an account; per address wherever it comes from, so that nobody's inbox is filled."""
    by_network, by_address = registration_limits()
    verdict = hit(by_network, network())
    return hit(by_address, comparable_address(address)) if verdict.allowed else verdict


def may_be_invited(address: str) -> Verdict:
    """Count an invitation sent to the address, for the same reason."""
    return hit(registration_limits()[1], comparable_address(address))
