"""Editing a cell of the list: the same questions as the form asks, for one value."""

from typing import Any

from flask import Response, abort, json, request
from flask_admin import expose
from flask_admin.model.widgets import XEditableWidget
from wtforms.fields.choices import SelectFieldBase

from demijohn.admin.digests import is_unchanged, record_digest
from demijohn.admin.restoring import Restoring
from demijohn.admin.saving import CONFLICT, INVALID
from demijohn.admin.words import gettext

KEPT = {"list_form_pk", "csrf_token"}
GONE = 404


class CellWidget(XEditableWidget):
    """Flask-Admin's link that becomes an input, for our kinds of field too."""

    def get_kwargs(self, field: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
        if isinstance(field, SelectFieldBase):
            return {**kwargs, **choices_of(field)}
        kinds = {"MomentField": ("combodate", "YYYY-MM-DD HH:mm:ss"), "DateField": ("combodate", "YYYY-MM-DD")}
        if field.type in kinds:
            kind, form = kinds[field.type]
            return {**kwargs, "data-type": kind, "data-format": form, "data-role": "x-editable-combodate"}
        try:
            found: dict[str, Any] = super().get_kwargs(field, kwargs)
        except Exception:  # noqa: BLE001 - Flask-Admin raises a bare Exception for a kind it does not know
            return {**kwargs, "data-type": "text", "data-value": field._value() if hasattr(field, "_value") else ""}
        return found


def choices_of(field: Any) -> dict[str, Any]:
    """The options of a select as `cells` of the list read them, and which is chosen."""
    options = [(str(choice[0]), str(choice[1]), bool(choice[2])) for choice in field.iter_choices()]
    chosen = next((value for value, _, is_chosen in options if is_chosen), "")
    source = [{"value": value, "text": text} for value, text, _ in options]
    return {"data-type": "select2", "data-source": json.dumps(source), "data-value": chosen}


def plain(text: str, status: int = 200) -> Response:
    return Response(text, status, mimetype="text/plain")


class Cells(Restoring):
    """Flask-Admin's `column_editable_list`."""

    def scaffold_list_form(self, widget: Any = None, validators: Any = None) -> Any:
        return super().scaffold_list_form(widget or CellWidget(), validators)

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self) -> Any:
        """Save one cell: 404 if the record is gone, 409 if it was changed since it was shown, 422 if wrong."""
        if not self.column_editable_list:
            abort(GONE)
        record = self.get_one(request.form.get("list_form_pk", ""))
        if record is None or not self.lock(record):
            return self.refuse(gettext("Record does not exist."), GONE)
        if not is_unchanged(record, self.digest_names(), request.form.getlist("record_digest")):
            return self.refuse(gettext("Somebody changed this record meanwhile. Load the page again."), CONFLICT)
        form = self.cell_form()
        if not all(self.permits("edit", record, field.name) for field in form if field.name not in KEPT):
            self.db_session.rollback()
            abort(403)
        if not (self.validate_form(form) and self.save_cell(form, record)):
            return self.refuse(self.what_is_wrong(form), INVALID)
        answer = plain(gettext("Record was successfully saved."))
        answer.headers["X-Record-Digest"] = record_digest(record, self.digest_names())
        return answer

    def cell_form(self) -> Any:
        """The list's form with nothing but what was sent."""
        form = self.list_form()
        for field in list(form):
            if field.name not in request.form and field.name not in KEPT:
                del form[field.name]
        return form

    def save_cell(self, form: Any, record: Any) -> bool:
        del form["list_form_pk"]  # names the record; it is no value of it
        return self.update_model(form, record)

    def what_is_wrong(self, form: Any) -> str:
        return " ".join([*form.form_errors, *(str(error) for field in form for error in field.errors)])

    def refuse(self, text: str, status: int) -> Response:
        self.db_session.rollback()
        return plain(text, status)
