"""How often people may try: the limits on sign-in, codes, confirming one's identity and asking for mail.

A stranger's sign-in is held to three limits: of their network, of the account from their network, and of the account
from everywhere. A known device is held to its own instead.
"""

from typing import Literal, get_args

import sqlalchemy as sa
from flask import g

from demijohn.auth.addresses import comparable_address
from demijohn.auth.companions import note_at_once
from demijohn.auth.devices import known_device
from demijohn.auth.extension import auth_of
from demijohn.auth.models import user_class
from demijohn.database.base import db
from demijohn.security.address import client_address, client_network
from demijohn.security.throttle import Limit, Verdict, clear, give_back, hit

BY_DEVICE = "demijohn_tried_by_device"
"""Where a request keeps whether its sign-in was counted against a known device (an attribute of `g`)."""

MailKind = Literal["reset", "register", "invite", "link", "email"]
MAIL_KINDS: tuple[MailKind, ...] = get_args(MailKind)
"""What anybody may have mailed to an address; each has its own counts."""

SLOWED_NOTED = Limit("auth.sign_in.slowed_noted", 1, 3_600)


def sign_in_limits() -> tuple[Limit, Limit, Limit]:
    """For each network; for each account from one network; for each account from everywhere, slowly."""
    section = auth_of().section
    window = section.sign_in_window_seconds
    return (
        Limit("auth.sign_in.network", section.sign_in_address_attempts, window),
        Limit("auth.sign_in.account", section.sign_in_attempts, window),
        Limit("auth.sign_in.everywhere", section.sign_in_account_attempts, section.sign_in_account_window_seconds),
    )


def device_limit() -> Limit:
    section = auth_of().section
    return Limit("auth.sign_in.device", section.device_attempts, section.device_window_seconds)


def mail_limits(kind: MailKind) -> tuple[Limit, Limit]:
    """For each network, and for each address that mail goes to."""
    section = auth_of().section
    window = section.reset_window_seconds
    return (
        Limit(f"auth.{kind}.network", section.reset_address_attempts, window),
        Limit(f"auth.{kind}.account", section.reset_attempts, window),
    )


def code_limits() -> tuple[Limit, Limit]:
    section = auth_of().section.two_factor
    window = section.window_seconds
    return (
        Limit("auth.code.network", section.address_attempts, window),
        Limit("auth.code.account", section.attempts, window),
    )


def may_try_code(user_id: int) -> Verdict:
    """Count a code before it is looked at; per account wherever it comes from, because there are few codes to guess.

    A new proof of the password forgives nothing: whoever guesses codes has it.
    """
    by_network, by_account = code_limits()
    verdict = hit(by_network, network())
    return hit(by_account, str(user_id)) if verdict.allowed else verdict


def code_fitted(user_id: int) -> None:
    """Uncount it; the wrong ones before it stay counted."""
    by_network, by_account = code_limits()
    give_back(by_network, network())
    give_back(by_account, str(user_id))


def may_warn_of_guesses(user_id: int) -> bool:
    """Whether the owner has not been warned today."""
    return hit(Limit("auth.code.warned", 1, 86_400), str(user_id)).allowed


def may_sign_in(email: str) -> Verdict:
    """Count a sign-in before its password is looked at."""
    device = known_device(email)
    setattr(g, BY_DEVICE, device is not None and hit(device_limit(), device).allowed)
    if g.get(BY_DEVICE):
        return Verdict(allowed=True)
    counted: list[tuple[Limit, str]] = []
    for limit, key in zip(sign_in_limits(), sign_in_keys(email, network()), strict=True):
        verdict = hit(limit, key)
        if not verdict.allowed:
            for other, its_key in counted:
                give_back(other, its_key)  # nothing was tried: what is refused is held against nobody
            note_if_slowed(limit, email)
            return verdict
        counted.append((limit, key))
    return Verdict(allowed=True)


def note_if_slowed(limit: Limit, email: str) -> None:
    if limit == sign_in_limits()[2] and hit(SLOWED_NOTED, comparable_address(email)).allowed:
        note_slowed(email)


def note_slowed(email: str) -> None:
    """Put into the audit log, once an hour, that an account is being guessed from many networks."""
    user = user_class()
    found = db.session.scalar(sa.select(user.id).where(user.email == email))
    db.session.rollback()
    if found is not None:
        note_at_once("auth.account_slowed", found)


def sign_in_succeeded(email: str) -> None:
    """Uncount it: a success forgives this network's failures at the account, and what this device counted.

    What other networks tried at the account stays counted: its owner signs in every day, and an attacker must gain
    nothing by that.
    """
    by_network, by_account, everywhere = sign_in_limits()
    in_network, at_account, at_all = sign_in_keys(email, network())
    clear(by_account, at_account)
    if not g.get(BY_DEVICE):
        give_back(by_network, in_network)
        give_back(everywhere, at_all)
    device = known_device(email)
    if device is not None:
        clear(device_limit(), device)


def may_ask_for_mail(kind: MailKind, email: str) -> Verdict:
    """Count a request that sends mail to an address anybody may name.

    Per address wherever it comes from, so that nobody's inbox is filled, and per network.

    Args:
        kind: what is asked for.
    """
    by_network, by_account = mail_limits(kind)
    verdict = hit(by_network, network())
    return hit(by_account, comparable_address(email)) if verdict.allowed else verdict


def may_ask_for_reset(email: str) -> Verdict:
    return may_ask_for_mail("reset", email)


def sign_in_keys(email: str, network: str) -> tuple[str, str, str]:
    """What each of `sign_in_limits` counts by."""
    return network, account_from(email, network), comparable_address(email)


def network() -> str:
    return client_network(client_address())


def account_from(email: str, network: str) -> str:
    return f"{comparable_address(email)} {network}"
