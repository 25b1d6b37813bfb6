"""What `flask check` finds in the views of a dashboard; at start only in development, because it builds them all."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask

from demijohn.admin.columns import named_secrets
from demijohn.contributions import Check, Problem
from demijohn.errors import SetupError
from demijohn.state import state_of


def views_of(app: Flask) -> list[Any]:
    found: list[Any] = app.extensions["admin"][0].model_views()
    return found


def check_secrets(app: Flask) -> Iterator[Problem]:
    """admin.E001: a view names a secret column."""
    for view in views_of(app):
        for option, name in named_secrets(view):
            yield Problem(
                id="admin.E001",
                level="error",
                text=f"{type(view).__name__}.{option} names {name!r}, which holds a secret.",
                fix=f"take {name!r} out, or say in the model mapped_column(info={{'secret': False}}).",
            )


def check_views_build(app: Flask) -> Iterable[Problem]:
    """admin.E002, where every start may take the time."""
    return () if state_of(app).environment == "production" else views_that_fail(app)


def check_views_build_in_production(app: Flask) -> Iterable[Problem]:
    """admin.E002, where only `flask check --deploy` takes the time."""
    return views_that_fail(app) if state_of(app).environment == "production" else ()


def views_that_fail(app: Flask) -> Iterator[Problem]:
    """admin.E002: a view names what its model does not have."""
    for view in views_of(app):
        try:
            view.build()
        except SetupError as error:
            if not named_secrets(view):
                yield Problem(id="admin.E002", level="error", text=error.problem, fix=error.fix)


def check_twins(app: Flask) -> Iterable[Problem]:
    """admin.W003: a model has two views."""
    seen: dict[Any, Any] = {}
    for view in views_of(app):
        other = seen.setdefault(view.model, view)
        if other is not view:
            yield Problem(
                id="admin.W003",
                level="warning",
                text=f"{view.model.__name__} has two views: {type(other).__name__} and {type(view).__name__}.",
                fix="keep one, or say so by silencing admin.W003.",
            )


def check_queries(app: Flask) -> Iterable[Problem]:
    """admin.W005, where queries are on."""
    if not state_of(app).sections["admin"].sql.enabled:  # type: ignore[attr-defined]
        return ()
    from demijohn.admin.queries.checks import check_reader

    return check_reader(app)


CHECKS = (
    Check(name="admin views name no secret", run=check_secrets),
    Check(name="admin views can be built", run=check_views_build),
    Check(name="admin views can be built, in production", run=check_views_build_in_production, deploy=True),
    Check(name="one admin view per model", run=check_twins),
    Check(name="queries have a role of their own", run=check_queries),
)
