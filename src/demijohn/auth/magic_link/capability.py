"""What signing in by a mailed link adds to the account pages."""

from demijohn.auth.capability import Capability, Rule, WayIn
from demijohn.auth.magic_link import views

BOTH = ("GET", "POST")

CAPABILITY = Capability(
    name="magic_link",
    rules=(
        Rule("/login/link", views.login_link, BOTH),
        Rule("/login/link/confirm", views.link_confirm, BOTH),
        Rule("/login/link/<token>", views.link_link),
    ),
    ways_in=(WayIn(label="Mail me a sign-in link", template="auth/way_link.html", endpoint="auth.login_link"),),
)
