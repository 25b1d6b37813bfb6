"""What two-step sign-in adds to the battery."""

from demijohn.auth.capability import Capability, SecondFactor
from demijohn.auth.factors import totp

APP = SecondFactor(
    kind=totp.KIND,
    label="an authenticator app",
    holders=totp.holders,
    step_template=None,
    account_template="auth/two_factor_app_state.html",
    forget=totp.forget,
)

CAPABILITY = Capability(name="two_factor", second_factors=(APP,))
