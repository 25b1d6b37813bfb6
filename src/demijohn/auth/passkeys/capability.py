"""What passkeys add to the account pages, the sign-in page and the question who one is. Read it as a table."""

from importlib.util import find_spec
from typing import Any

from flask import Flask

from demijohn.auth.capability import AccountPage, Capability, Proof, Rule, WayIn
from demijohn.auth.passkeys import view_account, view_entering
from demijohn.auth.passkeys.factor import FACTOR
from demijohn.auth.passkeys.keeping import usable_passkeys
from demijohn.errors import SetupError

BOTH = ("GET", "POST")
POST = ("POST",)


def has_passkey(user: Any) -> bool:
    return bool(usable_passkeys(user.id))


def count_passkeys(user: Any) -> int:
    return len(usable_passkeys(user.id))


def refuse_missing_library(app: Flask) -> None:
    """Say so at the start, not at the first passkey; finds the library without importing it."""
    del app
    if find_spec("webauthn") is None:
        raise SetupError(
            "auth.passkeys is on, and the library webauthn is not installed.",
            fix='pip install "demijohn[passkeys]"',
        )


CAPABILITY = Capability(
    name="passkeys",
    start=refuse_missing_library,
    rules=(
        Rule("/passkeys/options", view_entering.passkey_options, POST),
        Rule("/login/passkey", view_entering.login_passkey, BOTH),
        Rule("/login/two-factor/passkey", view_entering.two_factor_with_passkey, POST),
        Rule("/login/two-factor/new/passkey", view_entering.set_up_passkey, POST),
        Rule("/confirm-identity/passkey", view_entering.confirm_with_passkey, POST),
        Rule("/account/passkeys", view_account.passkeys, BOTH),
        Rule("/account/passkeys/<int:passkey_id>", view_account.passkey, BOTH),
        Rule("/account/passkeys/<int:passkey_id>/remove", view_account.remove_own_passkey, POST),
    ),
    account_pages=(AccountPage(endpoint="auth.passkeys", label="Passkeys"),),
    ways_in=(
        WayIn(
            label="Sign in with a passkey",
            template="auth/way_passkey.html",
            endpoint="auth.login_passkey",
            autofill="webauthn",
        ),
    ),
    count_ways=count_passkeys,
    second_factors=(FACTOR,),
    proofs=(Proof(template="auth/proof_passkey.html", is_available=has_passkey),),
)
