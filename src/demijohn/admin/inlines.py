"""Related records inside a form: only those for the person asking are shown, changed or deleted."""

from typing import Any

from flask_admin.contrib.sqla.fields import InlineModelFormList, get_field_id, get_obj_pk
from flask_admin.contrib.sqla.form import InlineModelConverter
from flask_admin.model.fields import InlineModelFormField
from wtforms.utils import unset_value

from demijohn.admin.access import may
from demijohn.admin.scoping import is_hidden, shown
from demijohn.auth.guards import Refused


class InlineEntry(InlineModelFormField):
    """One related record's form, without the fields that are not for the person asking."""

    table: str

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        for name in list(self.form._fields):
            if name != self._pk and not may(f"{self.table}.edit", None, name):
                del self.form._fields[name]


class InlineRows(InlineModelFormList):
    """Flask-Admin's list of inline forms, which asks the related model's permissions and scope."""

    def __init__(self, form: Any, session: Any, model: Any, *args: Any, **kwargs: Any) -> None:
        self.form_field_type = type("InlineEntry", (InlineEntry,), {"table": str(model.__table__.name)})
        super().__init__(form, session, model, *args, **kwargs)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data if data is unset_value else shown(list(data or ())), extra_filters)

    def populate_obj(self, obj: Any, name: str) -> None:
        """Flask-Admin's, once everything that was sent is found to be allowed.

        Raises:
            Refused: it is not; the text says what.
        """
        there = {get_obj_pk(value, self._pk): value for value in getattr(obj, name, None) or ()}
        for entry in self.entries:
            self.refuse_entry(there.get(get_field_id(entry)), is_going=self.should_delete(entry))
        super().populate_obj(obj, name)

    def refuse_entry(self, record: Any, *, is_going: bool) -> None:
        if record is not None and is_hidden(record):
            raise Refused("There is no such record.", field=self.short_name)
        verb = "create" if record is None else "delete" if is_going else "edit"
        if not may(f"{self.table}.{verb}", record):
            raise Refused(f"You do not have {self.table}.{verb}.", field=self.short_name)

    @property
    def table(self) -> str:
        return str(self.model.__table__.name)


class InlineConverter(InlineModelConverter):
    """Makes our list for `inline_models`."""

    inline_field_list_type = InlineRows


def is_closed_inline(field: Any) -> bool:
    """Whether it shows related records of a model that the person asking may not view and edit."""
    if not hasattr(field, "inline_view"):
        return False
    table = field.model.__table__.name
    return not (may(f"{table}.view") and may(f"{table}.edit"))


def inline_records(form: Any, record: Any) -> list[Any]:
    """The related records that a form has written to."""
    names = [field.short_name for field in form if isinstance(field, InlineRows)]
    return [item for name in names for item in getattr(record, name, None) or ()]
