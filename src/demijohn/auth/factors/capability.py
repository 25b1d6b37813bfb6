"""What two-step sign-in adds to the battery."""

from typing import Any

from demijohn.auth.capability import AccountPage, Capability, Proof, Rule, SecondFactor, Step
from demijohn.auth.factors import totp, view_account, view_confirm, view_reset, view_setup, view_step
from demijohn.auth.factors.policy import must_have_second_factor
from demijohn.auth.factors.registry import has_second_factor

BOTH = ("GET", "POST")


def is_asked(user: Any, door: str) -> bool:
    del door
    return has_second_factor(user)


def must_set_up(user: Any, door: str) -> bool:
    del door
    return must_have_second_factor(user) and not has_second_factor(user)


APP = SecondFactor(
    kind=totp.KIND,
    label="an authenticator app",
    holders=totp.holders,
    step_template=None,
    account_template="auth/two_factor_app_state.html",
    forget=totp.forget,
)

CAPABILITY = Capability(
    name="two_factor",
    rules=(
        Rule("/login/two-factor", view_step.login_two_factor, BOTH),
        Rule("/login/two-factor/new", view_setup.two_factor_setup, BOTH),
        Rule("/confirm-identity/code", view_confirm.confirm_identity_by_code, ("POST",)),
        Rule("/reset-two-factor/<int:user_id>", view_reset.reset_two_factor, BOTH),
        Rule("/account/two-factor", view_account.two_factor),
        Rule("/account/two-factor", view_account.end_trusted, ("POST",)),
        Rule("/account/two-factor/app", view_account.two_factor_app, BOTH),
        Rule("/account/two-factor/off", view_account.two_factor_off, BOTH),
        Rule("/account/two-factor/codes", view_account.two_factor_codes, BOTH),
    ),
    account_pages=(AccountPage(endpoint="auth.two_factor", label="Two-step sign-in"),),
    steps=(
        Step(endpoint=view_step.ENDPOINT, is_due=is_asked, asks_second_factor=True),
        Step(endpoint=view_setup.ENDPOINT, is_due=must_set_up, asks_second_factor=True),
    ),
    proofs=(Proof(template="auth/confirm_by_code.html", is_available=view_confirm.has_app),),
    second_factors=(APP,),
)
