"""DemijohnAdmin: Flask-Admin's `Admin` whose every view is closed, whoever adds it and whenever."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_admin import Admin, BaseView
from flask_admin.contrib.sqla import ModelView as StockModelView

from demijohn.admin.access import STAFF, ClosedView, guard, may, turn_away
from demijohn.admin.filemanager import confine, is_file_manager
from demijohn.admin.ownpages import OwnPage, is_page, know_permission
from demijohn.admin.view import ModelView
from demijohn.errors import SetupError
from demijohn.templating import mark_as_framework


class DemijohnAdmin(Admin):
    """A fresh one for every application, at `app.extensions["admin"][0]`."""

    app: Flask

    def add_view(self, view: Any) -> None:
        """Add a view; strangers are sent to sign-in, and people without the permission get 403."""
        if isinstance(view, type):
            view = view()
        elif is_page(view):
            view = OwnPage(view)
        harden(view)
        replaced = self.automatic_view_of(view)
        blueprint = view.create_blueprint(self)
        self.refuse_taken_address(view)
        self.refuse_taken(view)
        blueprint.before_request(guard(view))
        self._views.append(view)
        if blueprint.import_name.partition(".")[0] == "flask_admin":
            mark_as_framework(self.app, blueprint.name)
        self.app.register_blueprint(blueprint, host=self.host)
        if replaced is not None:
            self.retire(replaced, view)
        self._add_view_to_menu(view)
        if isinstance(view, OwnPage):
            know_permission(self.app, view.described.permission)

    def refuse_taken(self, view: Any) -> None:
        other = next((v for v in self._views if v.endpoint == view.endpoint), None)
        if other is not None:
            raise SetupError(
                f"two admin views are named {view.endpoint!r}: {type(other).__name__} and {type(view).__name__}.",
                fix=f"give one another endpoint, as in {type(view).__name__}(endpoint='{view.endpoint}_2').",
            )

    def refuse_taken_address(self, view: Any) -> None:
        """Raise if a page made by a function has the address of something else; whichever comes first would answer."""
        page = next((p for p in (view, *self._views) if isinstance(p, OwnPage) and p.url == view.url), None)
        if page is None or (page is view and not is_address(self.app, f"{view.url}/")):
            return
        raise SetupError(
            f"the page {page.name!r} has the address {page.url}/, which is taken.",
            fix=f"give it another: @page({page.name!r}, url='{page.url}-page').",
        )

    def automatic_view_of(self, view: Any) -> Any:
        """The view that demijohn made by itself for the same model, which a later one replaces."""
        model = getattr(view, "model", None)
        return next((v for v in self.model_views() if v.model is model and type(v) is ModelView), None)

    def retire(self, old: Any, new: Any) -> None:
        """Let `new` answer at the addresses of `old` and take its place in the menu."""
        old.replaced_by = new
        self._views.remove(old)
        for items in [self._menu, *(category._children for category in self._menu_categories.values())]:
            items[:] = [item for item in items if item is not old.menu]

    def model_views(self) -> list[Any]:
        return [view for view in self._views if isinstance(view, ClosedView)]

    def visible_views(self) -> dict[str, Any]:
        """Table -> its view, for what the person asking may view."""
        return {view.table: view for view in reversed(self.model_views()) if view.is_accessible()}


def is_address(app: Flask, address: str) -> bool:
    return any(rule.rule == address for rule in app.url_map.iter_rules())


def harden(view: Any) -> None:
    """Give a stock model view our ways under its own, and a plain page our answer to strangers."""
    if isinstance(view, StockModelView) and not isinstance(view, ModelView):
        stock = type(view)
        bases = (ModelView,) if stock is StockModelView else (stock, ModelView)
        members = {"__module__": stock.__module__, "__doc__": stock.__doc__, **pages_not_its_own(stock)}
        view.__class__ = type(stock.__name__, bases, members)
        view.adopt()
    elif isinstance(view, BaseView) and not isinstance(view, ClosedView):
        close_page(view)


def pages_not_its_own(stock: type) -> dict[str, Any]:
    """Our pages in place of those that Flask-Admin copied from its own class into this one."""
    found = {}
    for name in dir(StockModelView):
        original = getattr(getattr(StockModelView, name), "__wrapped__", None)
        if original is not None and getattr(getattr(stock, name), "__wrapped__", None) is original:
            found[name] = getattr(ModelView, name)
    return found


def close_page(view: Any) -> None:
    """Staff only, besides whatever the page itself asks; a file manager stays in its folder."""
    if is_file_manager(view):
        confine(view)
    own: Callable[[], bool] = view.is_accessible
    view.is_accessible = lambda: may(STAFF) and own()
    if type(view).inaccessible_callback is BaseView.inaccessible_callback:
        view.inaccessible_callback = lambda *_, **__: turn_away()
