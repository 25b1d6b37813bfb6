"""The capabilities of the battery: which there are, in reading order, and which an application has."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from flask import Flask
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from demijohn.auth.capability import AccountPage, Capability, Proof, Step, WayIn
from demijohn.auth.extension import auth_of
from demijohn.auth.login import current_user, stands_in
from demijohn.auth.settings import AuthSettings


def always(section: AuthSettings) -> bool:
    del section
    return True


KNOWN: tuple[tuple[str, Callable[[AuthSettings], bool]], ...] = (
    ("demijohn.auth.views", always),
    ("demijohn.auth.email_change.capability", always),
    ("demijohn.auth.factors.capability", always),
    ("demijohn.auth.registration.capability", lambda section: section.registration == "open"),
    ("demijohn.auth.locks.capability", always),
    ("demijohn.auth.people.capability", always),
    ("demijohn.auth.impersonation.capability", lambda section: section.impersonation_seconds > 0),
    ("demijohn.auth.invitations.capability", lambda section: section.registration != "closed"),
    ("demijohn.auth.passkeys.capability", lambda section: section.passkeys.enabled),
    ("demijohn.auth.bearer.capability", lambda section: section.tokens.allowed != "nobody"),
    ("demijohn.auth.magic_link.capability", lambda section: section.magic_link),
    ("demijohn.auth.oidc.capability", lambda section: bool(section.oidc)),
    ("demijohn.auth.remote_user.capability", lambda section: section.remote_user.source != "off"),
    ("demijohn.auth.export.capability", always),
    ("demijohn.auth.deletion.capability", lambda section: section.deletion_grace_days is not None),
)
"""Module with a `CAPABILITY`, or a function that makes one from the settings -> whether these switch it on."""


def capabilities_on(section: AuthSettings) -> tuple[Capability, ...]:
    """Those that the settings switch on; the modules of the others are not imported."""
    found = (import_module(module).CAPABILITY for module, is_on in KNOWN if is_on(section))
    return tuple(one if isinstance(one, Capability) else one(section) for one in found)


def add_rules(state: BlueprintSetupState) -> None:
    """Add the addresses of the application's capabilities while the blueprint is registered."""
    app = cast("Flask", state.app)
    for capability in auth_of(app).capabilities:
        for rule in capability.rules:
            state.add_url_rule(rule.path, rule.endpoint or rule.view.__name__, rule.view, methods=rule.methods)


def account_pages() -> list[AccountPage]:
    """The navigation of the signed-in user's account pages."""
    if stands_in():  # the other pages are for the owner in person
        return []
    pages = (page for capability in auth_of().capabilities for page in capability.account_pages)
    return [page for page in pages if page.is_shown(current_user)]


def ways_in() -> list[WayIn]:
    return [way for capability in auth_of().capabilities for way in capability.ways_in]


def count_ways(user: Any) -> int:
    """How many ways to sign in a user has: the password, passkeys, accounts elsewhere."""
    others = sum(capability.count_ways(user) for capability in auth_of().capabilities)
    return bool(user.password_hash) + others


def steps() -> list[Step]:
    return [step for capability in auth_of().capabilities for step in capability.steps]


def arrival(wanted: str) -> ResponseReturnValue | None:
    """What answers a stranger before the sign-in page would; None if that page does."""
    made = (one.arrive(wanted) for one in auth_of().capabilities if one.arrive)
    return next((answer for answer in made if answer is not None), None)


def farewell() -> Callable[[], ResponseReturnValue] | None:
    """What answers whoever is about to sign out, once they have; None if the usual page does."""
    made = (one.prepare_farewell() for one in auth_of().capabilities if one.prepare_farewell)
    return next((answer for answer in made if answer is not None), None)


def proofs() -> list[Proof]:
    """How the signed-in user can confirm their identity, beside the password."""
    found = (proof for capability in auth_of().capabilities for proof in capability.proofs)
    return [proof for proof in found if proof.is_available(current_user)]
