"""The form fields of related records: what is sent is matched by key, asked for permission, and guarded by digests."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import request, url_for
from flask_admin.contrib.sqla.fields import InlineModelFormList
from flask_admin.contrib.sqla.tools import get_primary_key
from flask_admin.form import FormOpts, RenderTemplateWidget
from flask_admin.model.fields import InlineFieldList, InlineModelFormField
from wtforms.utils import unset_value

from demijohn.admin.access import may
from demijohn.admin.addresses import with_arguments
from demijohn.admin.digests import is_unchanged, record_digest, shown_values
from demijohn.admin.formatting import noun
from demijohn.admin.inlines.options import MOST_COLUMNS, options_of
from demijohn.admin.inlines.rows import Owner, Related
from demijohn.admin.keys import key_text
from demijohn.admin.kinds import mapper_of
from demijohn.admin.scoping import is_hidden, shown
from demijohn.admin.words import gettext
from demijohn.auth.guards import Refused

KEY, DIGEST, VALUES = "row_key", "row_digest", "row_values"
"""What stands hidden in each row besides its fields."""
TALL = {"TextAreaField", "LookUpManyField", "JSONField", "InlineRows"}
"""Fields that need more room than a cell."""


class InlineEntry(InlineModelFormField):
    """One related record's form, without the fields that are not for the person asking.

    Attributes:
        record: the stored record; None for a new one.
        key: the key that was sent or is shown; empty for a new one.
    """

    record: Any = None
    key = ""
    sent_digest = sent_values = ""

    def __init__(self, form_class: Any, pk: Any, form_opts: Any = None, *, table: str, **kwargs: Any) -> None:
        super().__init__(form_class, pk, form_opts, **kwargs)
        self.table = table
        self.keys = {pk} if isinstance(pk, str) else set(pk)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        for name, field in list(self.form._fields.items()):
            is_key = name in self.keys and getattr(field.widget, "input_type", "") == "hidden"
            if is_key or not may(f"{self.table}.edit", None, name):
                del self.form._fields[name]

    def read_hidden(self, formdata: Any) -> None:
        sent = {name: formdata.get(f"{self.name}-{name}", "") for name in (KEY, DIGEST, VALUES)}
        self.key, self.sent_digest, self.sent_values = sent[KEY], sent[DIGEST], sent[VALUES]

    def get_pk(self) -> Any:
        """The row's key; nothing for a new one."""
        return self.key or None

    def digested_names(self) -> list[str]:
        known = mapper_of(type(self.record)).attrs
        return [name for name in self.form._fields if name in known]

    def hidden_values(self) -> dict[str, str]:
        """Hidden inputs of the row, through every round of corrections those of what was shown first."""
        if self.record is None:
            return {KEY: self.key} if self.key else {}
        names = self.digested_names()
        digest, values = self.sent_digest, self.sent_values
        if not digest:
            digest, values = record_digest(self.record, names), shown_values(self.record, names)
        return {KEY: key_text(self.record), DIGEST: digest, VALUES: values}

    @property
    def is_new(self) -> bool:
        return not self.key

    @property
    def is_gone(self) -> bool:
        """Whether its record was there when it was shown, and is no more."""
        return bool(self.key and self.sent_digest and self.record is None)

    @property
    def is_stale(self) -> bool:
        """Whether somebody changed or deleted the record since it was shown."""
        if self.record is None:
            return self.is_gone
        return not is_unchanged(self.record, self.digested_names(), [self.sent_digest])

    def is_blank(self, template: Any) -> bool:
        """Whether nothing was filled in of a new row."""
        return self.is_new and all(is_as_given(field, template.form._fields.get(n)) for n, field in self.fields())

    def fields(self) -> list[tuple[str, Any]]:
        return [(n, f) for n, f in self.form._fields.items() if getattr(f.widget, "input_type", "") != "hidden"]


def is_as_given(field: Any, pristine: Any) -> bool:
    """Whether a field holds nothing, or what an empty form has there."""
    if field.process_errors:
        return False
    return not "".join(map(str, field.raw_data or ())).strip() or (pristine is not None and field.data == pristine.data)


class InlineRows(InlineModelFormList):
    """Flask-Admin's list of inline forms, a page of them, which asks the related model's permissions and scope."""

    widget = RenderTemplateWidget("admin/model/inline_rows.html")

    def __init__(  # noqa: PLR0913 - Flask-Admin's signature
        self, form: Any, session: Any, model: Any, prop: str, inline_view: Any, *, parent: Any, **kwargs: Any
    ) -> None:
        self.form, self.session, self.model, self.prop, self.inline_view = form, session, model, prop, inline_view
        self.parent = parent
        self.options = options_of(inline_view)
        self._pk = get_primary_key(model)
        rules = inline_view._form_rules
        opts = FormOpts(widget_args=getattr(inline_view, "form_widget_args", None), form_rules=rules)
        entry = InlineEntry(form, self._pk, form_opts=opts, table=str(model.__table__.name))
        self.written: list[Any] = []
        self.owner: Any = None
        self.total = 0
        InlineFieldList.__init__(self, entry, **kwargs)

    # What is shown

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take the rows that were sent, each with its record, or a page of those that are stored."""
        self.object_data, self.last_index = (), -1
        self.entries: list[Any] = []
        self.owner = data.record if isinstance(data, Owner) else None
        self.process_errors: list[str] = []
        if formdata:
            self.take(formdata)
        else:
            given = () if data is unset_value or isinstance(data, Owner) else data or ()
            for record in self.stored() if self.is_stored else shown(list(given)):
                self.show(record)
            for _ in range(self.options.extra if self.may_add and not (self.is_single and self.entries) else 0):
                self._add_entry(None, unset_value)

    def show(self, record: Any) -> None:
        entry: Any = self._add_entry(None, record)
        entry.record, entry.key = record, key_text(record) if sa.inspect(record).persistent else ""

    def take(self, formdata: Any) -> None:
        indices = sorted(set(self._extract_indices(self.name, formdata)))[: self.most_rows]
        keys = {index: self.sent_key(formdata, index) for index in indices}
        found = self.related.locked([key for key in keys.values() if key]) if self.is_stored else {}
        for index in indices:
            record = found.get(keys[index])
            entry: Any = self._add_entry(formdata, unset_value if record is None else record, index=index)
            entry.read_hidden(formdata)
            entry.record, entry.key = record, keys[index]
            entry._should_delete = f"del-{entry.id}" in formdata
        self.total = self.related.count() if self.is_stored else 0

    def sent_key(self, formdata: Any, index: int) -> str:
        """A row's key, also where it stands in fields of its own as in Flask-Admin's forms."""
        prefix = f"{self.name}-{index}-"
        names = [self._pk] if isinstance(self._pk, str) else list(self._pk)
        parts = [formdata.get(prefix + name, "") for name in names]
        return str(formdata.get(prefix + KEY) or (parts[0] if len(parts) == 1 else ""))

    def stored(self) -> list[Any]:
        records = self.related.page(self.page)
        is_whole = self.page == 1 and len(records) < self.options.page_size
        self.total = len(records) if is_whole else self.related.count()
        return records

    @property
    def related(self) -> Related:
        relations = mapper_of(self.model).relationships
        eager = tuple(name for name in dir(self.form) if name in relations)
        session = getattr(self.session, "session", self.session)
        return Related(
            session=session,
            model=self.model,
            owner=self.owner,
            name=self.short_name,
            options=self.options,
            eager=eager,
        )

    @property
    def is_stored(self) -> bool:
        return self.owner is not None and self.related.is_stored

    @property
    def relation(self) -> Any:
        return mapper_of(self.parent).relationships[self.short_name]

    @property
    def is_single(self) -> bool:
        """Whether the relation holds one record at most."""
        return not self.relation.uselist

    @property
    def is_linked(self) -> bool:
        """Whether its records stand for themselves, and are only linked to this one."""
        return self.relation.secondary is not None

    @property
    def most_rows(self) -> int:
        """Rows that are taken from one form, those to be ignored among them."""
        return self.options.page_size + 500

    @property
    def page_name(self) -> str:
        return f"page-{self.short_name}"

    @property
    def page(self) -> int:
        sent = request.args.get(self.page_name, "1")
        return min(max(int(sent), 1), 10_000) if sent.isascii() and sent.isdecimal() and len(sent) < 9 else 1

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.options.page_size))

    def page_url(self, number: int) -> str:
        """This form with another page of the rows, counted from zero."""
        here = url_for(request.endpoint or "", **(request.view_args or {}))
        return with_arguments(here, **{self.page_name: number + 1})

    @property
    def table(self) -> str:
        return str(self.model.__table__.name)

    @property
    def singular(self) -> str:
        return noun(self.model)

    @property
    def may_add(self) -> bool:
        return self.options.can_create and may(f"{self.table}.create")

    @property
    def may_remove(self) -> bool:
        return self.options.can_delete and may(f"{self.table}.{'edit' if self.is_linked else 'delete'}")

    @property
    def is_table(self) -> bool:
        """Whether the rows stand in a table."""
        if self.options.layout is not None or self.inline_view._form_rules:
            return self.options.layout == "table"
        fields = self.template_entry().fields()
        return len(fields) <= MOST_COLUMNS and not any(field.type in TALL for _, field in fields)

    def template_entry(self) -> Any:
        """An empty row, whose names have no prefix."""
        entry: Any = self.unbound_field.bind(form=None, name="", _meta=self.meta)
        entry.separator = ""
        entry.process(None)
        return entry

    # What is sent

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Every row but those to be deleted and new ones that nobody filled in."""
        pristine = self.template_entry()
        self.entries = [entry for entry in self.entries if not entry.is_blank(pristine)]
        is_valid: bool = super().validate(form, extra_validators)
        most, added = self.options.max_rows, [e for e in self.entries if e.is_new and not self.should_delete(e)]
        going = sum(self.should_delete(entry) and not entry.is_new for entry in self.entries)
        if self.is_single:
            most = 1
        if added and most is not None and self.total - going + len(added) > most:
            self.errors: list[Any] = [*self.errors, gettext("At most %(most)d of these.", most=most)]
            return False
        return is_valid

    def row_errors(self) -> Iterator[tuple[str, str, str]]:
        """Id of a field, what it is called and what is wrong, for each of the rows."""
        for number, entry in enumerate(self.entries, 1):
            for _, field in entry.fields():
                if field.errors:
                    label = f"{self.label.text} {number}, {field.label.text}"
                    yield field.id, label, " ".join(map(str, field.errors))

    def populate_obj(self, obj: Any, name: str) -> None:
        """Write the rows, once everything that was sent is found to be allowed.

        Raises:
            Refused: it is not; the text says what.
        """
        self.owner = obj
        for entry in self.entries:
            self.refuse_entry(entry)
        for entry in self.entries:
            if self.should_delete(entry):
                self.remove(obj, name, entry.record)
            else:
                self.write(obj, name, entry)

    def write(self, obj: Any, name: str, entry: Any) -> None:
        record = entry.record if entry.record is not None else self.attached(obj, name, self.model())
        entry.populate_obj(record, None)
        self.inline_view._on_model_change(entry, record, entry.is_new)
        self.written.append(record)

    def attached(self, obj: Any, name: str, record: Any) -> Any:
        """A new record that belongs to the owner, whose collection need not be read for it."""
        if self.is_single:
            setattr(obj, name, record)
        elif self.is_linked or not self.prop:
            getattr(obj, name).append(record)
        else:
            setattr(record, self.prop, obj)
        session = getattr(self.session, "session", self.session)
        if obj in session:
            session.add(record)
        return record

    def remove(self, obj: Any, name: str, record: Any) -> None:
        if record is None:
            return
        if self.is_linked:
            getattr(obj, name).remove(record)
        else:
            getattr(self.session, "session", self.session).delete(record)

    def refuse_entry(self, entry: Any) -> None:
        record, is_going = entry.record, self.should_delete(entry)
        if not entry.is_new and (record is None or is_hidden(record)):
            raise Refused(gettext("There is no such record."), field=self.short_name)
        if entry.is_new and is_going:
            return
        verb = "create" if entry.is_new else "delete" if is_going and not self.is_linked else "edit"
        is_open = (verb != "create" or self.options.can_create) and (not is_going or self.options.can_delete)
        if not is_open or not may(f"{self.table}.{verb}", record):
            raise Refused(f"You do not have {self.table}.{verb}.", field=self.short_name)

    # What somebody else did meanwhile

    def stale(self) -> list[Any]:
        """The rows whose records somebody changed or deleted since they were shown."""
        return [entry for entry in self.entries if entry.is_stale]

    def renew(self) -> None:
        """Guard the rows by what is stored now; those that are gone are left out."""
        self.entries = [entry for entry in self.entries if not entry.is_gone]
        for entry in self.entries:
            entry.sent_digest = entry.sent_values = ""


def is_inline(field: Any) -> bool:
    return isinstance(field, InlineRows)


def is_closed_inline(field: Any) -> bool:
    """Whether it shows related records of a model that the person asking may not view and edit."""
    if not hasattr(field, "inline_view"):
        return False
    table = field.model.__table__.name
    return not (may(f"{table}.view") and may(f"{table}.edit"))


def inlines_of(form: Any) -> list[InlineRows]:
    return [field for field in form._fields.values() if isinstance(field, InlineRows)]


def inline_records(form: Any) -> list[Any]:
    """The related records that a form has written to."""
    return [record for field in inlines_of(form) for record in field.written]


def stale_rows(form: Any) -> bool:
    """Whether somebody changed or deleted a related record since the form was shown."""
    return any(field.stale() for field in inlines_of(form))
