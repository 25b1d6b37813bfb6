"""How often people may try: the limits on sign-in, confirming one's identity and asking for a reset."""

from collections.abc import Iterable

from demijohn.auth.addresses import comparable_address
from demijohn.auth.extension import auth_of
from demijohn.security.address import client_address, client_network
from demijohn.security.throttle import Limit, Verdict, clear, give_back, hit


def sign_in_limits() -> tuple[Limit, Limit]:
    """One for each network, one for each account from one network."""
    section = auth_of().section
    window = section.sign_in_window_seconds
    return (
        Limit("auth.sign_in.network", section.sign_in_address_attempts, window),
        Limit("auth.sign_in.account", section.sign_in_attempts, window),
    )


def reset_limits() -> tuple[Limit, Limit]:
    section = auth_of().section
    window = section.reset_window_seconds
    return (
        Limit("auth.reset.network", section.reset_address_attempts, window),
        Limit("auth.reset.account", section.reset_attempts, window),
    )


def may_sign_in(email: str) -> Verdict:
    """Count a sign-in before its password is looked at."""
    by_network, by_account = sign_in_limits()
    verdict = hit(by_network, network())
    return hit(by_account, account_from(email, network())) if verdict.allowed else verdict


def sign_in_succeeded(email: str) -> None:
    """Uncount it: only failures are held against a network, and a success forgives the account's."""
    by_network, by_account = sign_in_limits()
    give_back(by_network, network())
    clear(by_account, account_from(email, network()))


def may_ask_for_reset(email: str) -> Verdict:
    """Count a request for a reset mail; per account wherever it comes from, so that nobody's inbox is filled."""
    by_network, by_account = reset_limits()
    verdict = hit(by_network, network())
    return hit(by_account, comparable_address(email)) if verdict.allowed else verdict


def forgive(email: str, addresses: Iterable[str]) -> None:
    """Forget what was counted against an account: for resets, and for sign-ins from these addresses."""
    by_network, by_account = sign_in_limits()
    for seen in {client_network(address) for address in addresses}:
        clear(by_network, seen)
        clear(by_account, account_from(email, seen))
    clear(reset_limits()[1], comparable_address(email))


def network() -> str:
    return client_network(client_address())


def account_from(email: str, network: str) -> str:
    return f"{comparable_address(email)} {network}"
