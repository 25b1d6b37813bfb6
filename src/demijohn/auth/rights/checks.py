"""What `flask check` finds in the project's own addresses: open ones, and permissions that nobody can hold."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask

from demijohn.auth.extension import auth_of
from demijohn.auth.permissions import unknown_permissions
from demijohn.auth.rights.gates import gates_of
from demijohn.contributions import Check, Problem

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
NOT_THE_PROJECTS = ("demijohn", "flask", "flask_admin")


def own_views(app: Flask) -> Iterator[tuple[str, Any]]:
    """Endpoint and view function of every address that the project has added itself."""
    for endpoint, view in sorted(app.view_functions.items()):
        module = getattr(getattr(view, "view_class", view), "__module__", None) or "flask"
        if module.partition(".")[0] not in NOT_THE_PROJECTS and not endpoint.endswith("static"):
            yield endpoint, view


def is_said_to_be_public(app: Flask, endpoint: str) -> bool:
    """Whether the settings list the endpoint or its blueprint."""
    public = set(auth_of(app).section.public_endpoints)
    return endpoint in public or endpoint.rpartition(".")[0] in public


def asks_somebody(app: Flask, endpoint: str, view: Any) -> bool:
    """Whether the view has one of our decorators, or its blueprint asks before every request."""
    blueprints = endpoint.split(".")[:-1]
    names = [".".join(blueprints[: i + 1]) for i in range(len(blueprints))]
    return bool(gates_of(view)) or any(app.before_request_funcs.get(name) for name in names)


def open_endpoints(app: Flask) -> dict[str, set[str]]:
    """Endpoints that ask nobody and are not said to be public, each with its methods."""
    methods: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        methods.setdefault(rule.endpoint, set()).update(rule.methods or ())
    return {
        endpoint: methods.get(endpoint, set())
        for endpoint, view in own_views(app)
        if not asks_somebody(app, endpoint, view) and not is_said_to_be_public(app, endpoint)
    }


def check_open_writes(app: Flask) -> Iterator[Problem]:
    """auth.W080: an address that changes something is open to strangers."""
    for endpoint, methods in open_endpoints(app).items():
        if methods & WRITING:
            yield Problem(
                id="auth.W080",
                level="warning",
                text=f"{endpoint!r} takes {', '.join(sorted(methods & WRITING))} from anybody.",
                fix="decorate it with @login_required or @permission_required; if it is meant to be open: "
                f"FLASK_AUTH__PUBLIC_ENDPOINTS={endpoint}",
            )


def check_open_pages(app: Flask) -> Iterator[Problem]:
    """auth.I080: addresses that only show something are open to strangers."""
    names = [endpoint for endpoint, methods in open_endpoints(app).items() if not methods & WRITING]
    if names:
        yield Problem(
            id="auth.I080",
            level="info",
            text=f"anybody may open {', '.join(names)}.",
            fix=f"decorate them with @login_required, or FLASK_AUTH__PUBLIC_ENDPOINTS={','.join(names)}",
        )


def check_permissions(app: Flask) -> Iterable[Problem]:
    """auth.E080: a view asks for a permission that nobody can hold."""
    for endpoint, view in own_views(app):
        asked = [name for name in gates_of(view) if "." in name]
        for name, near in unknown_permissions(app, asked).items():
            yield Problem(
                id="auth.E080",
                level="error",
                text=f"{endpoint!r} asks for the permission {name!r}, which nobody can hold.",
                fix=(f"write {near!r}; or, " if near else "") + f"if it is yours: FLASK_AUTH__PERMISSIONS={name}",
            )


CHECKS = (
    Check(name="auth.permissions", run=check_permissions),
    Check(name="auth.open_writes", run=check_open_writes, deploy=True),
    Check(name="auth.open_pages", run=check_open_pages, deploy=True),
)
