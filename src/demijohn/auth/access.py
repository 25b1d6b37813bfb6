"""Who is asking and what they may do: current_user, can() and the decorators."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import abort
from flask.typing import ResponseReturnValue

from demijohn.auth.fieldrules import may_touch
from demijohn.auth.login import current_user as _current_user
from demijohn.auth.login import identity_is_recent, send_to_confirm_identity, send_to_sign_in
from demijohn.auth.models import UserBase
from demijohn.auth.permissions import ADMIN_ACCESS, held_by
from demijohn.auth.rights.gates import mark
from demijohn.auth.rows import in_scope

current_user: UserBase = cast("UserBase", _current_user)
"""The signed-in user of this request, or an anonymous one (`is_authenticated` false)."""

F = TypeVar("F", bound=Callable[..., Any])
Gate = Callable[..., ResponseReturnValue | None]


def login_required(view: F) -> F:
    """Let only signed-in people reach the view; others are sent to sign-in (JSON clients get 401)."""
    return behind(lambda **_: signed_in(), view, "login")


def recent_login_required(view: F) -> F:
    """Let people reach the view who gave their password lately; others are asked for it first."""
    return behind(lambda **_: signed_in_lately(), view, "recent")


def permission_required(permission: str, *, record: Callable[..., Any] | None = None) -> Callable[[F], F]:
    """Let only people who hold the permission reach the view; other people get 403, strangers the sign-in page.

    Args:
        record: finds the record that the view is about, from the view's own arguments
            (`lambda key: db.get_or_404(Order, key)`); one that is out of the person's scope is 404, as is None.
    """

    def holds_permission(**arguments: Any) -> ResponseReturnValue | None:
        answer = signed_in()
        if answer is not None:
            return answer
        if not can(current_user, permission):
            abort(403)
        if record is not None:
            found = record(**arguments)
            if found is None or not can(current_user, permission, found):
                abort(404)
        return None

    def decorate(view: F) -> F:
        return behind(holds_permission, view, permission)

    return decorate


def behind(gate: Gate, view: F, need: str) -> F:
    """The view, reached only when the gate, given the view's arguments, answers nothing."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        answer = gate(**kwargs)
        return view(*args, **kwargs) if answer is None else answer

    mark(guarded, view, need)
    return cast("F", guarded)


def signed_in() -> ResponseReturnValue | None:
    return None if current_user.is_authenticated else send_to_sign_in()


def signed_in_lately() -> ResponseReturnValue | None:
    answer = signed_in()
    if answer is not None or identity_is_recent():
        return answer
    return send_to_confirm_identity()


def can(user: Any, permission: str, obj: object = None, field: str | None = None) -> bool:
    """Whether the user holds a permission (`order.edit`), on this object and field if given.

    A stranger and a disabled user hold nothing, a superuser everything; `admin.access` comes with any permission.

    Args:
        obj: a record, which must be in the user's scope as the database has it; many asked about in one request cost
            one statement.
        field: an attribute of the permission's model, or a path (`customer.name`), held to its `scope.field` rules.
    """
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    held = held_by(user)
    if permission not in held and not (permission == ADMIN_ACCESS and held):
        return False
    if field is not None and not may_touch(user, permission, obj, field):
        return False
    return obj is None or in_scope(user, obj)
