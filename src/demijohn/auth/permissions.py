"""The permissions an application has, and those a user holds."""

import difflib
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from flask import Flask, g, has_request_context, request

from demijohn.auth.extension import auth_of
from demijohn.auth.models import RolePermission, user_role
from demijohn.auth.scopes import scope
from demijohn.contributions import AdminView
from demijohn.database.base import db
from demijohn.database.ownership import application_models
from demijohn.state import state_of

ACTIONS = ("view", "create", "edit", "delete", "export")
ADMIN_ACCESS = "admin.access"
REMEMBERED = "demijohn.auth.permissions"
"""Where one request keeps what it has read; nothing outlives the request."""

SCOPES = "demijohn_token_scopes"
"""Where a request keeps whose rights a token limits, and to what (an attribute of `g`)."""


def all_permissions(app: Flask) -> list[str]:
    """Every permission this application knows: of its tables, in their order, of its field rules, of the pages."""
    models = application_models(app)
    tables = {table_name(model) for model in models}
    names = [f"{table}.{action}" for table in sorted(tables) for action in ACTIONS]
    names += [name for name, owner in scope.named_permissions() if owner in models]
    names += [*auth_of(app).section.permissions, *auth_of(app).named_permissions]
    for _, view in state_of(app).contributed("admin_views"):
        names += framework_permissions(view)
    return [*dict.fromkeys(names), ADMIN_ACCESS]


def framework_permissions(view: AdminView) -> list[str]:
    """What a framework page can be given: nothing that the page itself does not offer."""
    offered = {"create": view.can_create, "edit": view.can_edit, "delete": view.can_delete}
    return [f"{table_name(view.model)}.{action}" for action in ACTIONS if offered.get(action, True)]


def table_name(model: type) -> str:
    return str(sa.inspect(model).local_table.name)


def unknown_permissions(app: Flask, names: Iterable[str]) -> dict[str, str | None]:
    """Those of `names` that no one can hold, each with the nearest real one."""
    known = all_permissions(app)
    unknown = [name for name in names if name not in known]
    return {name: next(iter(difflib.get_close_matches(name, known, 1, 0.5)), None) for name in unknown}


class Everything(frozenset[str]):
    """What a superuser holds: any name is in it, and what is kept of it is what was asked for."""

    __slots__ = ()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __bool__(self) -> bool:
        return True

    def __and__(self, others: AbstractSet[object]) -> frozenset[str]:
        return frozenset(name for name in others if isinstance(name, str))


EVERYTHING = Everything()


def held_by(user: Any) -> frozenset[str]:
    """What an active user may do in this request: everything for a superuser, else what the roles hold.

    A request that shows a token has no more than the token's scopes of it.
    """
    held = EVERYTHING if user.is_superuser else permissions_of(user)
    scopes = scopes_of(user)
    return held if scopes is None else held & scopes


def permissions_of(user: Any) -> frozenset[str]:
    """What the user's roles hold, read with one statement a request.

    What this request changes about roles counts from the next one on, so nobody gives themselves a right and uses it
    to answer for it.
    """
    remembered: dict[int, frozenset[str]] = request.environ.setdefault(REMEMBERED, {}) if has_request_context() else {}
    if user.id not in remembered:
        remembered[user.id] = read_permissions(user.id)
    return remembered[user.id]


def limit_to_scopes(user: Any, scopes: frozenset[str]) -> None:
    """Let this user use these permissions only for the rest of the request: it shows a token that has no more."""
    setattr(g, SCOPES, (user.id, scopes))


def scopes_of(user: Any) -> frozenset[str] | None:
    """What a token leaves of the user's rights in this request; None: everything."""
    limited: tuple[int, frozenset[str]] | None = g.get(SCOPES) if has_request_context() else None
    return limited[1] if limited is not None and limited[0] == user.id else None


def read_permissions(user_id: int) -> frozenset[str]:
    held = (
        sa.select(RolePermission.permission)
        .join(user_role, user_role.c.role_id == RolePermission.role_id)
        .where(user_role.c.user_id == user_id)
    )
    return frozenset(db.session.scalars(held))
