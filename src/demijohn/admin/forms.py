"""Record forms: our fields for our kinds of column, names that WTForms keeps for itself, no secrets, no full lists."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import abort, request
from flask_admin import expose
from flask_admin.contrib.sqla.fields import QuerySelectField
from flask_admin.contrib.sqla.form import AdminModelConverter
from flask_admin.contrib.sqla.tools import is_association_proxy
from flask_admin.form import BaseForm
from wtforms import fields, validators
from wtforms.form import FormMeta

from demijohn.admin import columns
from demijohn.admin.fields import (
    ClockField,
    DayField,
    DecimalField,
    EnumField,
    FitsNumeric,
    KeyField,
    MaybeField,
    MomentField,
    NoNull,
    UuidField,
    whole_number_range,
)
from demijohn.admin.formats.fields import text_field
from demijohn.admin.formats.json import DocumentField
from demijohn.admin.formats.recognizing import format_of
from demijohn.admin.formatting import in_words
from demijohn.admin.inlines.converting import InlineConverter
from demijohn.admin.inlines.fields import is_closed_inline, is_inline
from demijohn.admin.inlines.rows import Hiding, Owner
from demijohn.admin.kinds import Kind, column_of, is_aware, is_secret, kind_of, relation_by_column
from demijohn.admin.lazyview import LazyModelView
from demijohn.admin.lookup import PLACEHOLDER, LookUpField, LookUpManyField, automatic_lookups, refuse_closed_lookup
from demijohn.admin.scoping import close_lookup, for_me, is_hidden
from demijohn.admin.uploads.fields import UploadField

RESERVED = {name for name in dir(BaseForm) if not name.startswith("__")} | {
    "meta",
    "form_errors",
    "csrf_token",
    "record_digest",
    "shown_values",
}
"""Names that WTForms' forms use for themselves: a field of such a name goes by name_ inside the form."""


class RenamingMeta(FormMeta):
    """Gives fields with a reserved name another one inside the form class."""

    def __new__(mcs, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> Any:
        safe = {(f"{k}_" if k in RESERVED and _is_field(v) else k): v for k, v in members.items()}
        return super().__new__(mcs, name, bases, safe)


def _is_field(value: Any) -> bool:
    return hasattr(value, "field_class")


def attribute_name(field_name: str) -> str:
    """The model's attribute behind a field's name inside the form."""
    return field_name[:-1] if field_name.endswith("_") and field_name[:-1] in RESERVED else field_name


class RecordForm(BaseForm, metaclass=RenamingMeta):
    """Flask-Admin's form; attributes called `meta`, `data`, `errors` and the like keep their name in HTML."""

    class Meta(BaseForm.Meta):
        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
            return unbound_field.bind(form=form, **{**options, "name": attribute_name(options["name"])})

    def process(
        self, formdata: Any = None, obj: Any = None, data: Any = None, extra_filters: Any = None, **kwargs: Any
    ) -> None:
        for name in self._fields:
            attribute = attribute_name(name)
            if attribute != name and hasattr(obj, attribute):
                kwargs.setdefault(name, getattr(obj, attribute))
        rows = [name for name, field in self._fields.items() if is_inline(field)]
        if rows and obj is not None:
            kwargs.update(dict.fromkeys(rows, Owner(record=obj)))
            obj = Hiding(obj, rows)
        super().process(formdata, obj, data, extra_filters, **kwargs)

    def populate_obj(self, obj: Any) -> None:
        for name, field in self._fields.items():
            if not is_left_to_database(obj, attribute_name(name), field.data):
                field.populate_obj(obj, attribute_name(name))


def fills_itself(column: Any) -> bool:
    """Whether the database has a value of its own for a column that must have one."""
    return isinstance(column, sa.Column) and not column.nullable and column.server_default is not None


def is_left_to_database(record: Any, name: str, value: Any) -> bool:
    """Whether a new record says nothing for an attribute, and the database fills it in."""
    state = sa.inspect(record, raiseerr=False)
    if value is not None or state is None or state.persistent:
        return False
    return fills_itself(column_of(type(record), name))


class RecordConverter(AdminModelConverter):
    """Chooses a field by what a column holds."""

    def convert(self, model: Any, mapper: Any, name: str, prop: Any, field_args: Any, hidden_pk: Any) -> Any:
        override = self._get_field_override(name)
        if override is not None and is_association_proxy(prop):
            return override(**{"label": self._get_label(name, field_args or {}), **(field_args or {})})
        column = prop.columns[0] if hasattr(prop, "columns") else None
        if column is not None and isinstance(column, sa.Column) and is_secret(column):
            return None
        if column is not None and column.foreign_keys and column not in relation_by_column(model):
            return self.key_field(name, column, field_args or {})
        if override is not None and issubclass(override, QuerySelectField):
            field_args = self.with_own_rows(prop.mapper.class_, field_args or {})
        if fills_itself(column):
            field_args = {**(field_args or {})}
            field_args["validators"] = [validators.Optional(), *field_args.get("validators", ())]
        return super().convert(model, mapper, name, prop, field_args, hidden_pk)

    def _get_label(self, name: str, field_args: Any) -> Any:
        labels = getattr(self.view, "column_labels", None) or {}
        if "label" in field_args or name in labels or hasattr(self.view, "prettify_name"):
            return super()._get_label(name, field_args)
        return getattr(self.view, "_prettify_name", in_words)(name)

    def key_field(self, name: str, column: Any, field_args: dict[str, Any]) -> Any:
        required = [validators.Optional()] if column.nullable else [validators.InputRequired()]
        checks = [*field_args.get("validators", ()), *required]
        options = {"label": self._get_label(name, field_args), **field_args, "validators": checks}
        return KeyField(column=column, **options)

    def _model_select_field(self, prop: Any, multiple: Any, remote_model: Any, **kwargs: Any) -> Any:
        loader = self.view._form_ajax_refs.get(prop.key)
        if loader is None:
            kwargs = self.with_own_rows(remote_model, kwargs)
            return super()._model_select_field(prop, multiple, remote_model, **kwargs)
        close_lookup(loader)
        loader.options.setdefault("placeholder", PLACEHOLDER)
        return LookUpManyField(loader, **kwargs) if multiple else LookUpField(loader, **kwargs)

    def with_own_rows(self, remote_model: Any, options: dict[str, Any]) -> dict[str, Any]:
        """A field's options with a list of choices that holds what the person asking may see.

        Flask-Admin's documentation gives `query_factory` as a function or as the query itself.
        """
        given = options.get("query_factory") or (lambda: session_of(self.session).query(remote_model))
        return {**options, "query_factory": lambda: for_me(given() if callable(given) else given, remote_model)}

    def get_converter(self, column: Any) -> Any:
        maker = MAKERS.get(kind_of(column))
        return maker or super().get_converter(column)


def session_of(session: Any) -> Any:
    return getattr(session, "session", session)


def make_text(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    AdminModelConverter._string_common(column, field_args)
    field_args["validators"].insert(0, NoNull())
    formatted = format_of(column)
    return fields.StringField(**field_args) if formatted is None else text_field(formatted, field_args)


def make_long(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    AdminModelConverter._string_common(column, field_args)
    field_args["validators"].insert(0, NoNull())
    formatted = format_of(column)
    return fields.TextAreaField(**field_args) if formatted is None else text_field(formatted, field_args)


def make_int(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    field_args["validators"].append(whole_number_range(column.type))
    return fields.IntegerField(**field_args)


def make_decimal(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    field_args.setdefault("places", None)
    fits = FitsNumeric(column.type)
    field_args["validators"].append(fits)
    return DecimalField(scale=fits.scale, formatted=format_of(column), **field_args)


def make_bool(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    if column.nullable:
        field_args["validators"] = []
        return MaybeField(**field_args)
    return fields.BooleanField(**field_args)


def make_enum(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    return EnumField(column=column, **field_args)


def make_moment(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    return MomentField(aware=is_aware(column), **field_args)


def make_uuid(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    return UuidField(**field_args)


def make_day(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    return DayField(**field_args)


def make_clock(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    return ClockField(**field_args)


def make_json(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    return DocumentField(**field_args)


def make_file(column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
    return UploadField(column=column, **field_args)


MAKERS: dict[Kind, Any] = {
    "text": make_text,
    "long": make_long,
    "int": make_int,
    "decimal": make_decimal,
    "float": make_decimal,
    "bool": make_bool,
    "enum": make_enum,
    "date": make_day,
    "datetime": make_moment,
    "time": make_clock,
    "uuid": make_uuid,
    "json": make_json,
    "file": make_file,
}


def would_lose(field: Any, record: Any, name: str) -> bool:
    """Whether a list of choices could not hold what the record has now, because it is out of the person's sight."""
    if record is None or not isinstance(field, QuerySelectField):
        return False
    value = getattr(record, name, None)
    return any(map(is_hidden, value)) if isinstance(value, list | set) else is_hidden(value)


class RecordForms(LazyModelView):
    """The form part of a view."""

    form_base_class = RecordForm
    model_form_converter = RecordConverter
    form_optional_types = (sa.Boolean,)
    form_readonly_columns: Sequence[str] | None = None
    inline_model_form_converter = InlineConverter

    def build_parts(self) -> None:
        self.form_ajax_refs = automatic_lookups(self)
        if self.form_columns is None and self.form is None:
            excluded = set(map(str, self.form_excluded_columns or ()))
            extra = list(self.form_extra_fields or {})
            self.form_columns = [n for n in columns.form_names(self.model) if n not in excluded] + extra
        readonly = {*(self.form_readonly_columns or ())}
        if readonly and self.form_columns is not None:
            self.form_columns = [name for name in self.form_columns if name not in readonly]
        super().build_parts()

    def field_is_secret(self, name: str) -> bool:
        column = column_of(self.model, name)
        return column is not None and is_secret(column)

    def create_form(self, obj: Any = None) -> Any:
        return self.permitted_form(super().create_form(obj), "create", obj)

    def edit_form(self, obj: Any = None) -> Any:
        return self.permitted_form(super().edit_form(obj), "edit", obj)

    def permitted_form(self, form: Any, verb: str, obj: Any) -> Any:
        """The form without secrets, also of a project's own form class, and without fields closed to this person."""
        for name, field in list(form._fields.items()):
            attribute = attribute_name(name)
            is_closed = self.field_is_secret(attribute) or not self.permits(verb, obj, attribute)
            if is_closed or is_closed_inline(field) or would_lose(field, obj, attribute):
                del form[name]
        return form

    @expose("/ajax/lookup/")
    def ajax_lookup(self) -> Any:
        """Flask-Admin's look-up, for people who may view what it finds."""
        name = request.args.get("name", "")
        loader = self._form_ajax_refs.get(name)
        if name and not self.permits("view", None, name):
            abort(403)
        if loader is not None:
            refuse_closed_lookup(loader)
        return super().ajax_lookup()
