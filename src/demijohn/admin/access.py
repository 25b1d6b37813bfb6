"""Who may see and do what on a view: every door of the admin asks `can()` through this module."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from flask import abort, current_app, has_request_context, request
from werkzeug.wrappers import Response

from demijohn.admin.identity import ask_identity
from demijohn.admin.privileges import WRITES, writable_verbs
from demijohn.auth.access import can, current_user
from demijohn.auth.factors.policy import must_have_second_factor
from demijohn.auth.login import session_has_second_factor
from demijohn.words import WORDS

STAFF = "admin.access"

VERBS = {
    "create_view": "create",
    "edit_view": "edit",
    "ajax_update": "edit",
    "delete_view": "delete",
    "deleted_view": "delete",
    "export": "export",
    "export_page": "export",
}
"""Endpoint of a model view -> the verb of the permission it needs besides `view`."""


def turn_away() -> Response:
    """Send strangers to sign-in and refuse (403) people who are signed in."""
    if not current_user.is_authenticated:
        answer: Response = current_app.make_response(current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
        return answer
    return abort(403)


def may(permission: str, obj: object = None, field: str | None = None) -> bool:
    """Whether the person asking holds a permission; false outside a request."""
    return has_request_context() and can(person(), permission, obj, field)


def person() -> Any:
    """The user asking, without the proxy that looks them up at each attribute."""
    asking: Any = current_user
    return asking._get_current_object() if hasattr(asking, "_get_current_object") else asking


class Permitted:
    """A Flask-Admin switch (`can_edit`, …) that is on only for people who hold the permission.

    The class's own value, a property of it or an assignment on the instance still says whether it is on at all.
    """

    def __init__(self, name: str, verb: str, declared: Any) -> None:
        self.name = name
        self.verb = verb
        self.declared = declared

    def __get__(self, view: Any, owner: Any = None) -> Any:
        if view is None:
            return self.declared
        return bool(self.switched(view)) and view.permits(self.verb) and view.is_written(self.verb)

    def __set__(self, view: Any, value: Any) -> None:
        view.__dict__[self.name] = value

    def switched(self, view: Any) -> Any:
        """What the view itself says, whoever asks."""
        if self.name in view.__dict__:
            return view.__dict__[self.name]
        return self.declared.__get__(view, type(view)) if hasattr(self.declared, "__get__") else self.declared


SWITCHES = {
    "can_create": "create",
    "can_edit": "edit",
    "can_delete": "delete",
    "can_export": "export",
    "can_view_details": "view",
}


def close_switches(cls: type) -> None:
    """Put `Permitted` in front of whatever this class or its mixins say of the switches."""
    for name, verb in SWITCHES.items():
        raw = next(vars(base)[name] for base in cls.__mro__ if name in vars(base))
        if not isinstance(raw, Permitted):
            setattr(cls, name, Permitted(name, verb, raw))


class ClosedView:
    """The permissions of a model view: `<table>.view` for all of it, more for what writes or exports."""

    model: Any
    replaced_by: Any = None

    @property
    def table(self) -> str:
        """The table's name, the first half of every permission of this view."""
        return str(self.model.__table__.name)

    def permits(self, verb: str, obj: object = None, field: str | None = None) -> bool:
        """Whether the person asking may do this here (`view`, `create`, `edit`, `delete`, `export`)."""
        return self.is_building() or may(f"{self.table}.{verb}", obj, field)

    def is_building(self) -> bool:
        """Whether the view is being put together, when nobody asks; a view that is built at once never is."""
        return False

    @cached_property
    def writable_verbs(self) -> frozenset[str]:
        """What the database takes here, as it said when first asked."""
        return writable_verbs(self.model)

    def is_written(self, verb: str) -> bool:
        """Whether the database takes this verb: a view or a table of somebody else's may be for reading only."""
        return verb not in WRITES or verb in self.writable_verbs

    def is_accessible(self) -> bool:
        return may(f"{self.table}.view")

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Response:
        del name, kwargs
        return turn_away()


def guard(view: Any) -> Callable[[], Any]:
    """A function for the view's blueprint that turns away whoever may not be there, whatever the view overrides."""

    def ask() -> Any:
        view._template_args.update(WORDS)
        if lacks_second_factor():
            return turn_away()
        if not isinstance(view, ClosedView):
            return None if may(STAFF) else turn_away()
        method = (request.endpoint or "").rpartition(".")[2]
        needed = [f"{view.table}.view", *(f"{view.table}.{VERBS[m]}" for m in (method,) if m in VERBS)]
        if not all(may(permission) for permission in needed):
            return turn_away()
        asked = ask_identity(view, method)
        if asked is not None:
            return asked
        return stand_in(view, method) if view.replaced_by is not None else None

    return ask


def lacks_second_factor() -> bool:
    """Whether the person must give a second factor in their session and has none: an API token opens no dashboard."""
    is_known = current_user.is_authenticated and not session_has_second_factor()
    return is_known and must_have_second_factor(current_user)


def stand_in(view: ClosedView, method: str) -> Any:
    """The answer of the view that replaced this one at the same address; None if it has no such page."""
    page = getattr(view.replaced_by, method, None)
    return None if page is None else page(**(request.view_args or {}))
