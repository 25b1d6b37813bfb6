"""What registration adds to the account pages."""

from demijohn.auth.capability import Capability, Rule
from demijohn.auth.registration import views

BOTH = ("GET", "POST")

CAPABILITY = Capability(
    name="registration",
    rules=(
        Rule("/register", views.register_page, BOTH, endpoint="register"),
        Rule("/confirm/<token>", views.confirm_link),
        Rule("/confirm/", views.confirm, BOTH),
    ),
)
