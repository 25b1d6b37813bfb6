"""Nobody gives or takes, through any view of the dashboard, a right they do not have.

Asked of what a save or delete is about to write, so a project's own screen of users is held to it as ours is, and so is
a form that reaches users through a relation.
"""

from typing import Any

from demijohn.auth.access import current_user
from demijohn.auth.guards import ENDS_SESSIONS, changed, refuse_overreach
from demijohn.auth.models import Role, RolePermission, UserBase


def refuse_overreaching(session: Any, target: Any) -> None:
    """Raise unless the person asking may touch the rights that this session is about to write.

    Args:
        session: with the changes made, and not yet flushed.
        target: the record that the view is about; others count only if their rights were changed.

    Raises:
        Refused: the text names what is missing.
    """
    if isinstance(target, RolePermission) and target.role is not None:
        refuse_overreach(current_user, target.role)
    for obj in {target, *session.new, *session.dirty}:
        if isinstance(obj, UserBase | Role) and (obj is target or has_other_rights(obj)):
            refuse_overreach(current_user, obj)


def has_other_rights(obj: UserBase | Role) -> bool:
    """Whether an unwritten change is about what somebody may do, or about who they are."""
    return changed(obj, "grants") if isinstance(obj, Role) else changed(obj, *ENDS_SESSIONS, "roles")
