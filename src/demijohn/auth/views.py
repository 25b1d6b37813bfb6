"""The pages that every application has: sign in, sign out, reset, one's own account. Read it as a table."""

from demijohn.auth import view_account, view_login, view_reset
from demijohn.auth.capability import AccountPage, Capability, Rule

BOTH = ("GET", "POST")

CAPABILITY = Capability(
    name="basics",
    rules=(
        Rule("/login", view_login.login, BOTH),
        Rule("/logout", view_login.logout, ("POST",)),
        Rule("/confirm-identity", view_login.confirm_identity, BOTH),
        Rule("/forgot", view_reset.forgot, BOTH),
        Rule("/reset/<token>", view_reset.reset_link),
        Rule("/reset/", view_reset.reset, BOTH),
        Rule("/account", view_account.account, BOTH),
        Rule("/account/password", view_account.password, BOTH),
        Rule("/account/sessions", view_account.sessions),
        Rule("/account/sessions", view_account.end_session, ("POST",)),
    ),
    account_pages=(
        AccountPage(endpoint="auth.account", label="Profile"),
        AccountPage(endpoint="auth.password", label="Password"),
        AccountPage(endpoint="auth.sessions", label="Devices"),
    ),
)
