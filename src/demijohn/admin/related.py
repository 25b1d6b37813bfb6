"""Making or changing a related record without leaving a form.

A look-up carries the addresses of the pages that this person may use; static/related.js shows them in a dialog. They
are the same pages: asked for with `dialog=1` they come without the shell, and a save answers with the record.
"""

from typing import Any

from flask import jsonify, request
from flask_admin.helpers import get_current_view
from flask_admin.model.widgets import AjaxSelect2Widget

from demijohn.admin.identity import is_sensitive
from demijohn.admin.keys import key_text
from demijohn.admin.words import gettext
from demijohn.auth.login import identity_is_recent

DIALOG = "dialog"
BASE = "admin/model/dialog.html"


def is_dialog() -> bool:
    """Whether the page is asked for by a dialog over another one."""
    return request.args.get(DIALOG) == "1"


def dialog_arguments() -> dict[str, Any]:
    """Template arguments that take the shell away from a page for a dialog."""
    return {"admin_base_template": BASE, "is_dialog": True} if is_dialog() else {}


def saved_answer(record: Any) -> Any:
    """What a dialog is told after a save: key and text of the record; neither where the view keeps it to itself."""
    if record is True:
        return jsonify(key=None, text=None)
    return jsonify(key=key_text(record), text=str(record))


class RelatedPages:
    """Flask-Admin's look-up, with the pages where its records are made and changed."""

    def __call__(self, field: Any, **kwargs: Any) -> Any:
        for name, value in related_pages(field).items():
            kwargs.setdefault(name, value)
        return super().__call__(field, **kwargs)  # type: ignore[misc]


class LookUpWidget(RelatedPages, AjaxSelect2Widget):
    """A look-up's control."""


def related_pages(field: Any) -> dict[str, str]:
    """HTML attributes with the addresses for this person; none for a model that has no view here."""
    view = view_of(getattr(field.loader, "model", None))
    if view is None:
        return {}
    pages = {}
    if view.can_create:
        pages["data-new-url"] = view.get_url(f"{view.endpoint}.create_view", dialog=1)
        pages["data-new-label"] = f"{gettext('New')} {view.singular}"
    if view.can_edit and not field.widget.multiple:
        pages["data-edit-url"] = view.get_url(f"{view.endpoint}.edit_view", dialog=1)
        pages["data-edit-label"] = gettext("Edit")
    return pages


def view_of(model: Any) -> Any:
    """The model's view in the dashboard of the present page, if this person may open it and need not confirm first."""
    if model is None:
        return None
    dashboard = getattr(get_current_view(), "admin", None)
    views: dict[str, Any] = getattr(dashboard, "visible_views", dict)()
    view = views.get(str(model.__table__.name))
    if view is None or view.model is not model or (is_sensitive(view) and not identity_is_recent()):
        return None
    return view
