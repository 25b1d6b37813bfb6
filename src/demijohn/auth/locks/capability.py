"""Locks, as a capability: one page that the users screen leads to."""

from demijohn.auth.capability import Capability, Rule
from demijohn.auth.locks import views

CAPABILITY = Capability(name="locks", rules=(Rule("/locks/<int:user_id>", views.locks, ("GET", "POST")),))
