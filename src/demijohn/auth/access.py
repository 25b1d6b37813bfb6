"""Who is asking and what they may do: current_user, can() and the decorators."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import abort
from flask_login import current_user as _current_user
from flask_login import login_required as _login_required

from demijohn.auth.models import UserBase

current_user: UserBase = cast("UserBase", _current_user)
"""The signed-in user of this request, or an anonymous one (`is_authenticated` false)."""

F = TypeVar("F", bound=Callable[..., Any])


def login_required(view: F) -> F:
    """Let only signed-in people reach the view; others are sent to sign-in."""
    return cast("F", _login_required(view))


recent_login_required = login_required


def permission_required(permission: str) -> Callable[[F], F]:
    """Let only people who hold the permission reach the view; others get 403."""

    def decorate(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not can(current_user, permission):
                abort(403)
            return view(*args, **kwargs)

        return login_required(cast("F", guarded))

    return decorate


def can(user: Any, permission: str, obj: object = None, field: str | None = None) -> bool:
    """Whether the user holds a permission (`order.edit`), on this object and field if given."""
    del obj, field
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    if user.is_superuser:
        return True
    held = {p for role in user.roles for p in role.permissions}
    return permission in held or (permission == "admin.access" and bool(held))
