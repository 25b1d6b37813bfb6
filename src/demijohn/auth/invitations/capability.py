"""What invitations add to the account pages."""

from demijohn.auth.capability import Capability, Rule
from demijohn.auth.invitations import views

CAPABILITY = Capability(
    name="invitations",
    rules=(Rule("/invite/<token>", views.invite_link), Rule("/invite/", views.invite, ("GET", "POST"))),
)
