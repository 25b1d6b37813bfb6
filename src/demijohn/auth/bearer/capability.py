"""API tokens as a capability: three pages, and a way to say who one is."""

from demijohn.auth.bearer import views
from demijohn.auth.bearer.identity import identify, start
from demijohn.auth.capability import AccountPage, Capability, Rule

BOTH = ("GET", "POST")

CAPABILITY = Capability(
    name="tokens",
    start=start,
    identify=identify,
    rules=(
        Rule("/account/tokens", views.tokens),
        Rule("/account/tokens/new", views.new_token, BOTH),
        Rule("/account/tokens/<int:token_id>/revoke", views.revoke, ("POST",), endpoint="revoke_token"),
    ),
    account_pages=(AccountPage(endpoint="auth.tokens", label="API tokens", is_shown=views.has_business_here),),
)
