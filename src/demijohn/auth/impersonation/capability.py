"""Acting as another user, as a capability: two addresses, a banner, and closed account pages meanwhile."""

from flask import Flask

from demijohn.auth.capability import Capability, Rule
from demijohn.auth.impersonation import views
from demijohn.auth.impersonation.acting import acting, identify, keep_off_the_account_pages


def start(app: Flask) -> None:
    app.before_request(keep_off_the_account_pages)
    app.jinja_env.globals["dm_acting"] = acting


CAPABILITY = Capability(
    name="impersonation",
    start=start,
    identify=identify,
    rules=(
        Rule("/act-as/<int:user_id>", views.act_as, ("GET", "POST")),
        Rule("/act-as/stop", views.stop_acting, ("POST",)),
    ),
)
