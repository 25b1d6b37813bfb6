"""What the download of one's data adds to the battery."""

from demijohn.auth.capability import AccountPage, Capability, Rule
from demijohn.auth.export import views

CAPABILITY = Capability(
    name="export",
    rules=(Rule("/account/export", views.export_data, ("GET", "POST")),),
    account_pages=(AccountPage(endpoint="auth.export_data", label="Your data"),),
)
