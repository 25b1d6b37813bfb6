"""Who changes accounts and roles in the dashboard has proved lately who they are.

The page of a form asks before it is filled in; sending it is then accepted for as long again, so that nothing typed is
lost. What is sent from the list is asked at once.
"""

from typing import Any

from flask import Response, request, url_for

from demijohn.auth.login import identity_is_recent, send_to_confirm_identity
from demijohn.auth.models import Role, RolePermission, UserBase

FORMS = {"create_view", "edit_view", "revert_view"}
IMPORTS = {"import_view", "import_map", "import_write", "import_undo"}
WRITES = {*FORMS, *IMPORTS, "delete_view", "deleted_view", "action_view", "ajax_update"}
"""Pages of a model view that write, by the names of their methods."""

READS = {"view", "export"}
"""Verbs of bulk actions that write nothing."""


def ask_identity(view: Any, method: str) -> Any:
    """The answer that asks for a proof of identity; None where none is needed, or one was given lately."""
    if method not in WRITES or not is_sensitive(view) or only_reads(view, method):
        return None
    is_sent = request.method == "POST"
    if identity_is_recent(times=2 if is_sent and method in FORMS else 1):
        return None
    if method == "ajax_update":
        address = url_for("auth.confirm_identity")
        return Response(f"Not saved. Confirm your identity first: {address}", 401, mimetype="text/plain")
    return send_to_confirm_identity(form_address(view, method) if is_sent else None)


def is_sensitive(view: Any) -> bool:
    """What the view says of itself (`asks_identity`); if nothing, whether it is of accounts, roles or their rights."""
    said = getattr(view, "asks_identity", None)
    return issubclass(view.model, UserBase | Role | RolePermission) if said is None else bool(said)


def only_reads(view: Any, method: str) -> bool:
    return method == "action_view" and view.verb_of(request.form.get("action", "")) in READS


def form_address(view: Any, method: str) -> str:
    """Where to go on after a proof: the page that asks before a delete, the form, or the list."""
    if method == "action_view":
        return str(view.way_back())
    named = {name: request.values[name] for name in ("id", "entry") if name in request.values}
    return str(view.get_url(f".{method}", **named))
