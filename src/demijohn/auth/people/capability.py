"""The user's page of the dashboard, as a capability: the addresses its buttons send to."""

from demijohn.auth.capability import Capability, Rule
from demijohn.auth.people import views

CAPABILITY = Capability(
    name="people",
    rules=(Rule("/people/<int:user_id>/<doing>", views.change_person, ("POST",), endpoint="change_person"),),
)
