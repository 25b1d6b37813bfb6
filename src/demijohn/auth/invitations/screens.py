"""The invitations screen of the dashboard, as plain data, and its two buttons."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import flash
from markupsafe import Markup

from demijohn.auth.access import current_user
from demijohn.auth.forms import is_address
from demijohn.auth.guards import Refused
from demijohn.auth.invitations.inviting import prepare, revoke, send_again
from demijohn.auth.invitations.models import Invitation
from demijohn.auth.tokens import end_tokens_of
from demijohn.contributions import AdminView
from demijohn.database.base import db


def button(name: str, text: str, question: str) -> Callable[[Any], Any]:
    """A bulk action as Flask-Admin marks one, without importing it; whoever may invite may press it."""

    def mark(method: Any) -> Any:
        method._action = (name, text, question)
        method.permission = "create"
        return method

    return mark


def before_invitation_is_saved(view: Any, form: Any, invitation: Invitation, is_created: bool) -> None:  # noqa: FBT001 - Flask-Admin's
    del view, form
    if is_created:
        prepare(invitation, current_user._get_current_object())  # type: ignore[attr-defined]


def before_invitation_is_deleted(view: Any, invitation: Invitation) -> None:
    del view
    end_tokens_of("invite", invitation.email)


@button("resend", "Send again", "Send these invitations again? Links mailed earlier stop working.")
def resend_chosen(view: Any, ids: Iterable[Any]) -> None:
    del view
    tell(ids, lambda one: send_again(one, current_user._get_current_object()), "sent again")  # type: ignore[attr-defined]


@button("revoke", "Revoke", "Revoke these invitations? Their links stop working.")
def revoke_chosen(view: Any, ids: Iterable[Any]) -> None:
    del view
    tell(ids, revoke, "revoked")


def tell(ids: Iterable[Any], step: Callable[[Invitation], None], done: str) -> None:
    """Take the step with each chosen invitation, commit, and say what came of it."""
    count = 0
    db.session.commit()  # lets go of the locked rows: limits are asked before anything is written
    for key in list(ids):
        invitation = db.session.get(Invitation, key)
        if invitation is None:
            continue
        try:
            step(invitation)
            db.session.commit()
            count += 1
        except Refused as refused:
            db.session.rollback()
            flash(str(refused), "error")
    if count:
        flash(f"{count} invitation{'' if count == 1 else 's'} {done}.", "success")


def state_cell(view: Any, context: Any, invitation: Invitation, name: str) -> Markup:
    """Flask-Admin's formatter: the state as the dashboard shows choices."""
    del view, context, name
    return Markup('<span class="dj-enum" data-value="{0}">{0}</span>').format(invitation.state)


def invitations_screen() -> AdminView:
    return AdminView(
        model=Invitation,
        name="Invitations",
        columns=("email", "state", "roles", "invited_by", "created_at", "expires_at"),
        searchable=("email",),
        filters=("expires_at", "accepted_at", "revoked_at"),
        form_columns=("email", "roles"),
        can_create=True,
        can_delete=True,
        options={
            "column_default_sort": ("id", True),
            "column_formatters": {"state": state_cell},
            "get_empty_list_message": lambda _: "Nobody has been invited yet.",
            "column_labels": {"invited_by": "Invited by", "created_at": "Invited at", "expires_at": "Until"},
            "form_args": {"email": {"validators": [is_address]}},
            "on_model_change": before_invitation_is_saved,
            "on_model_delete": before_invitation_is_deleted,
            "resend_chosen": resend_chosen,
            "revoke_chosen": revoke_chosen,
        },
    )
