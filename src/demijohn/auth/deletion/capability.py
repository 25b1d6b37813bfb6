"""What deleting one's own account adds to the battery."""

from typing import Any

from demijohn.auth.capability import AccountPage, Capability, Rule, Step
from demijohn.auth.deletion import views
from demijohn.auth.deletion.deleting import deletion_of

BOTH = ("GET", "POST")


def is_to_be_deleted(user: Any, door: str) -> bool:
    del door
    return deletion_of(user.id) is not None


CAPABILITY = Capability(
    name="deletion",
    rules=(
        Rule("/account/delete", views.delete, BOTH),
        Rule("/keep-account", views.keep, BOTH),
    ),
    account_pages=(AccountPage(endpoint="auth.delete", label="Delete account"),),
    steps=(Step(endpoint="auth.keep", is_due=is_to_be_deleted),),
)
