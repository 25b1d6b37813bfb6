"""What changing one's address adds to the account pages."""

from demijohn.auth.capability import AccountPage, Capability, Rule
from demijohn.auth.companions import sends_mail
from demijohn.auth.email_change import views

BOTH = ("GET", "POST")

CAPABILITY = Capability(
    name="email_change",
    rules=(
        Rule("/account/email", views.email, BOTH),
        Rule("/account/email/confirm", views.email_confirm, BOTH),
        Rule("/account/email/confirm/<token>", views.email_link),
        Rule("/account/email/undo", views.email_undo, BOTH),
        Rule("/account/email/undo/<token>", views.email_undo_link),
    ),
    account_pages=(
        AccountPage(endpoint="auth.email", label="E-mail address", is_shown=lambda user: sends_mail()),  # noqa: ARG005
    ),
)
