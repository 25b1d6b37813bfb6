"""Which views an application's dashboard has: its own, those of its models, those of the batteries."""

from collections.abc import Iterable
from copy import copy
from inspect import get_annotations
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask_admin import BaseView

from demijohn.admin.columns import form_names
from demijohn.admin.history import audit_options
from demijohn.admin.listing import ListPage
from demijohn.admin.ownpages import OwnPage, is_page
from demijohn.admin.permissions_field import is_role, role_form_options
from demijohn.admin.rowlinks import RowLinkAction
from demijohn.admin.settings import AdminSettings
from demijohn.admin.site import DemijohnAdmin
from demijohn.admin.view import ModelView
from demijohn.auth.permissions import table_name
from demijohn.contributions import AdminView
from demijohn.database.base import db
from demijohn.database.ownership import application_models
from demijohn.errors import SetupError
from demijohn.state import state_of


def add_views(app: Flask, admin: DemijohnAdmin, section: AdminSettings) -> None:
    """Register every view: the project's order first, then its other models by name, then the batteries'."""
    given = [made(view) for view in state_of(app).passed_views]
    covered = {view.model for view in given if getattr(view, "model", None) is not None}
    refuse_twins(given)
    contributed = [c for _, c in state_of(app).contributed("admin_views") if c.model not in covered]
    taken = covered | {c.model for c in contributed}
    automatic = [ModelView(model) for model in models_with_views(app) if model not in taken]
    shown = [view for view in given if not getattr(view, "hidden", False)]
    for view in [*shown, *automatic, *(view_of(app, contribution) for contribution in contributed)]:
        if isinstance(view, ModelView) and says_no_page_size(view):
            view.page_size = section.page_size
        admin.add_view(view)


def says_no_page_size(view: ModelView) -> bool:
    return next(cls for cls in type(view).__mro__ if "page_size" in vars(cls)) is ListPage


def made(view: Any) -> Any:
    """The view itself: an instance as it is, a class called without arguments, the page of a function.

    Raises:
        SetupError: it is no view.
    """
    if is_page(view):
        return OwnPage(view)
    if isinstance(view, BaseView):
        return copy(view)  # two applications may be given the same one
    if not (isinstance(view, type) and issubclass(view, BaseView)):
        raise SetupError(
            f"admin_views holds {view!r}, which is no admin view.",
            fix="pass a class derived from demijohn.admin.ModelView or flask_admin.BaseView, an instance of one, "
            "or a function under @demijohn.admin.page.",
        )
    model = getattr(view, "model", None)
    stock: Any = view
    return stock(model, db) if model is not None and not issubclass(stock, ModelView) else stock()


def refuse_twins(views: Iterable[Any]) -> None:
    """Raise if two views of one model would have the same address."""
    seen: dict[Any, Any] = {}
    for view in views:
        model = getattr(view, "model", None)
        other = seen.setdefault((model, view.endpoint), view)
        if model is not None and other is not view:
            raise SetupError(
                f"{type(other).__name__} and {type(view).__name__} are both the view of {model.__name__}.",
                fix="give one an address of its own: "
                f"endpoint = 'admin_{view.table}_2' and url = '/admin/{view.table}_2'.",
            )


def models_with_views(app: Flask) -> list[type]:
    """The application's models with a table of their own, in the order of their names."""
    mappers = [sa.inspect(model) for model in application_models(app)]
    own = [m for m in mappers if m.inherits is None or m.local_table is not m.inherits.local_table]
    return [mapper.class_ for mapper in sorted(own, key=lambda m: m.class_.__name__)]


def view_of(app: Flask, contribution: AdminView) -> ModelView:
    """The view that a battery asked for."""
    model = contribution.model
    extra = tuple(own_columns(app, model))
    options: dict[str, Any] = {
        "can_create": contribution.can_create,
        "can_edit": contribution.can_edit,
        "can_delete": contribution.can_delete,
        "column_list": contribution.columns or None,
        "column_searchable_list": contribution.searchable or None,
        "column_filters": contribution.filters or None,
        "form_columns": (*contribution.form_columns, *extra) or None,
        "column_extra_row_actions": [RowLinkAction(link) for link in contribution.row_links],
        **contribution.options,
    }
    if "changes" in contribution.columns and table_name(model) == "audit_entry":
        options = {**audit_options(), **options}
    if is_role(model):
        options = {**role_form_options(), **options}
    cls = type(f"{model.__name__}View", (ModelView,), {"model": model, **options})
    view: ModelView = cls(name=contribution.name, category=contribution.category)
    return view


def own_columns(app: Flask, model: type) -> list[str]:
    """What the project's own subclass of a framework model adds to its form."""
    base = next((cls for cls in model.__mro__[1:] if cls.__module__.startswith("demijohn.")), None)
    if base is None or model not in application_models(app):
        return []
    known = {name for cls in base.__mro__ for name in (*vars(cls), *get_annotations(cls))}
    return [name for name in form_names(model) if name not in known]
