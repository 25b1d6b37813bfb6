"""The users and roles screens of the dashboard, as plain data, and what their forms must ask before they save."""

from typing import Any

from demijohn.auth.access import can, current_user
from demijohn.auth.accounts import mail_reset_link
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.companions import sends_mail
from demijohn.auth.deletion.models import AccountDeletion
from demijohn.auth.factors import listing
from demijohn.auth.forms import is_address
from demijohn.auth.guards import refuse_overreach
from demijohn.auth.models import Role, UserBase, user_class
from demijohn.auth.people.facts import person_of
from demijohn.auth.settings import AuthSettings
from demijohn.contributions import AdminView, RowLink
from demijohn.database.base import db


def screens(section: AuthSettings) -> tuple[AdminView, ...]:
    mine = (users_screen(section), roles_screen(), tokens_screen(), deletions_screen())
    if section.registration == "closed":
        return mine
    from demijohn.auth.invitations.screens import invitations_screen

    return (*mine, invitations_screen())


def users_screen(section: AuthSettings) -> AdminView:
    return AdminView(
        model=user_class(),
        name="Users",
        columns=("email", "name", "is_active", "is_superuser", "roles", listing.COLUMN, "last_sign_in_at"),
        searchable=("email", "name"),
        filters=("is_active", "is_superuser", "last_sign_in_at"),
        form_columns=("email", "name", "is_active", "is_superuser", "roles"),
        can_create=True,
        can_edit=True,
        can_delete=True,
        row_links=(
            locks_link(),
            listing.reset_link(),
            *((act_as_link(),) if section.impersonation_seconds else ()),
        ),
        options={
            "column_default_sort": "email",
            "column_formatters": {listing.COLUMN: listing.second_factor_cell},
            "column_formatters_export": {listing.COLUMN: listing.second_factor_cell},
            "column_labels": {"is_active": "Active", "is_superuser": "Superuser", "last_sign_in_at": "Last sign-in"},
            "form_args": {"email": {"validators": [is_address]}, "is_active": {"default": True}},
            "details_template": "auth/admin/person.html",
            "list_template": "auth/admin/users.html",
            "person": staticmethod(person_of),
            "on_model_change": before_user_is_saved,
            "on_model_delete": before_delete,
        },
    )


def locks_link() -> RowLink:
    return RowLink(
        endpoint="auth.locks", argument="user_id", label="Sign-in limits …", icon="lock", is_offered=may_be_unlocked
    )


def may_be_unlocked(user: UserBase) -> bool:
    """Whether the person asking is offered to see and lift the limits this user is under."""
    return can(current_user, "user.edit", user)


def act_as_link() -> RowLink:
    return RowLink(
        endpoint="auth.act_as", argument="user_id", label="Act as this user …", icon="eye", is_offered=may_be_acted_as
    )


def may_be_acted_as(user: UserBase) -> bool:
    """Whether the person asking is offered to act as this user."""
    return current_user.is_superuser and not user.is_superuser and user.is_active


def roles_screen() -> AdminView:
    return AdminView(
        model=Role,
        name="Roles",
        columns=("name", "description"),
        searchable=("name", "description"),
        form_columns=("name", "description", "permissions"),
        can_create=True,
        can_edit=True,
        can_delete=True,
        options={
            "column_default_sort": "name",
            "on_model_change": before_role_is_saved,
            "on_model_delete": before_delete,
        },
    )


def tokens_screen() -> AdminView:
    """Everybody's API tokens, to look at and to revoke."""
    return AdminView(
        model=ApiToken,
        name="API tokens",
        columns=("user", "name", "ending", "scopes", "created_at", "expires_at", "last_used_at", "last_address"),
        searchable=("name", "user.email"),
        filters=("expires_at", "last_used_at"),
        can_delete=True,
        options={
            "column_default_sort": ("id", True),
            "column_labels": {"last_address": "Last address", "scopes": "Permissions", "user": "Owner"},
            "get_empty_list_message": lambda _: "Nobody has made an API token yet.",
        },
    )


def deletions_screen() -> AdminView:
    """Accounts whose owners want them deleted; deleting the line keeps the account."""
    return AdminView(
        model=AccountDeletion,
        name="Accounts to be deleted",
        columns=("user", "asked_at", "due_at"),
        searchable=("user.email",),
        filters=("due_at",),
        can_delete=True,
        options={
            "column_default_sort": "due_at",
            "column_labels": {"asked_at": "Asked", "due_at": "Deleted from"},
            "get_empty_list_message": lambda _: "Nobody wants their account to be deleted.",
        },
    )


def before_user_is_saved(view: Any, form: Any, user: UserBase, is_created: bool) -> None:  # noqa: FBT001 - Flask-Admin's
    """Refuse rights the editor lacks; a new user is mailed a link to set a password."""
    del view, form
    refuse_overreach(current_user, user)
    if is_created:
        db.session.add(user)
        db.session.flush()
        if sends_mail():
            mail_reset_link(user, user.email, template="welcome")


def before_role_is_saved(view: Any, form: Any, role: Role, is_created: bool) -> None:  # noqa: FBT001 - Flask-Admin's
    del view, form, is_created
    refuse_overreach(current_user, role)


def before_delete(view: Any, record: Any) -> None:
    del view
    refuse_overreach(current_user, record)
