"""Roles handed out by name: nobody hands out what they do not hold, through invitations, providers or commands."""

from collections.abc import Iterable
from typing import Any

from demijohn.auth.accounts import find_role
from demijohn.auth.guards import refuse_missing, was_superuser
from demijohn.auth.permissions import held_by


def refuse_granting(actor: Any, role_names: Iterable[str]) -> None:
    """Let nobody hand out roles that hold more than they do; superusers may hand out any.

    Args:
        actor: who hands them out; None for the command line, which acts for whoever runs the machine.
        role_names: the roles' names; each must exist.

    Raises:
        Refused: there is no such role, or the actor lacks what it holds; the text names what is missing.
    """
    asked: set[str] = set()
    for name in role_names:
        asked |= set(find_role(name).permissions)
    if actor is not None and not was_superuser(actor):
        refuse_missing(held_by(actor), asked)
