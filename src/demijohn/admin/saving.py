"""Create and edit pages: a save locks the row, compares it with what was shown, and says at the field what is wrong."""

from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_admin import expose
from flask_admin.form import FormOpts
from flask_admin.helpers import is_form_submitted
from sqlalchemy.exc import InvalidRequestError
from wtforms.validators import ValidationError

from demijohn.admin.access import may
from demijohn.admin.conditions import mark_of_condition, refuse_loose_conditions, without_misplaced
from demijohn.admin.conflicts import Conflict, conflict_of, leaving_saved
from demijohn.admin.digests import is_unchanged, record_digest, shown_values
from demijohn.admin.faults import Fault, fault_of
from demijohn.admin.forms import attribute_name
from demijohn.admin.history import HistoryPage
from demijohn.admin.inlines.fields import InlineRows, inline_records, inlines_of, stale_rows
from demijohn.admin.keys import key_text, parse_key
from demijohn.admin.kinds import attribute_of, mapper_of, mark_of, relation_by_column
from demijohn.admin.layouts import FieldGroup, Tab, field_groups, refuse_unknown_fields, tabs_of
from demijohn.admin.related import is_dialog, saved_answer
from demijohn.admin.rights import refuse_overreaching
from demijohn.admin.scoping import any_restricted, for_me, is_hidden
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.auth.guards import Refused
from demijohn.auth.rows import forget_rows, know_rows

CONFLICT, INVALID = 409, 422


class Saving(HistoryPage):
    """Flask-Admin's create and edit pages."""

    conflict_template = "admin/model/conflict.html"
    can_save_as_new = True
    form_conditions: Any = None
    form_fieldsets: Any = None

    def build_parts(self) -> None:
        super().build_parts()
        known = {*dir(self._create_form_class), *dir(self._edit_form_class)}
        names = [name for name in known if not name.startswith("_")]
        refuse_unknown_fields(self, names)
        refuse_loose_conditions(self, names)

    def field_groups(self, form: Any) -> list[FieldGroup]:
        """The form's fields in the fieldsets of `form_fieldsets`."""
        return field_groups(self, form)

    def form_tabs(self, groups: list[FieldGroup]) -> list[Tab]:
        """Those of the groups that stand behind tabs."""
        return tabs_of(groups)

    def field_condition(self, form: Any, field: Any) -> dict[str, Any] | None:
        """What the page needs to show a field only where it is in place; None for any other."""
        return mark_of_condition(self, form, field) if self.form_conditions else None

    def get_one(self, id: Any) -> Any:  # noqa: A002 - Flask-Admin's signature
        """The record of this key within `get_query`, or None; a key that can't be one asks nothing."""
        key = parse_key(self.model, id)
        if key is None:
            return None
        record = for_me(self.get_query(), self.model).filter(*self.key_is(key)).one_or_none()
        know_rows(current_user, [record] if record is not None else [])
        return record

    def key_is(self, key: tuple[Any, ...]) -> list[Any]:
        columns = mapper_of(self.model).primary_key
        return [column == value for column, value in zip(columns, key, strict=True)]

    def lock(self, record: Any) -> bool:
        """Hold the record's row until commit and read it afresh; false if it is gone."""
        mapper = mapper_of(self.model)
        try:
            self.db_session.refresh(record, [a.key for a in mapper.column_attrs], with_for_update=True)
        except InvalidRequestError:
            return False
        mark = mark_of(self.model)
        if mark is not None and getattr(record, mark) is not None:
            return False
        self.db_session.expire(record, [r.key for r in mapper.relationships])
        forget_rows()
        return True

    def digested_names(self) -> list[str]:
        """The attributes that an edit form shows, without related records that are guarded by themselves."""
        fields = {name: getattr(self._edit_form_class, name) for name in dir(self._edit_form_class) if name[:1] != "_"}
        inlines = {n for n, field in fields.items() if issubclass(getattr(field, "field_class", object), InlineRows)}
        names = [attribute_name(name) for name in fields if name not in inlines]
        known = mapper_of(self.model).all_orm_descriptors.keys()
        return [name for name in names if name in known and not self.field_is_secret(name)]

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> Any:
        """Flask-Admin's create page; a form that does not validate answers 422."""
        back = self.way_back()
        if not self.can_create:
            return redirect(back)
        form = self.create_form()
        self._validate_form_instance(ruleset=self._form_create_rules, form=form)
        with without_misplaced(self, form):
            model = self.validate_form(form) and self.create_model(form)
        if model:
            return self.saved(model, back, is_created=True)
        template = (
            self.create_modal_template if self.create_modal and request.args.get("modal") else self.create_template
        )
        return self.form_page(template, form, self._form_create_rules, back)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> Any:
        """Flask-Admin's edit page; 422 if the form does not validate, 409 if somebody else saved meanwhile."""
        back = self.way_back()
        if not self.can_edit:
            return redirect(back)
        model = self.get_one(request.args.get("id", ""))
        saving = is_form_submitted()
        if model is None or (saving and not self.lock(model)):
            self.db_session.rollback()
            flash(gettext("Record does not exist."), "error")
            return redirect(back)
        self.require("edit", model)
        form = self.edit_form(obj=model)
        self._validate_form_instance(ruleset=self._form_edit_rules, form=form)
        sent = request.form.getlist("record_digest")
        if saving and (not is_unchanged(model, self.digested_names(), sent) or stale_rows(form)):
            return self.conflict_page(form, model, back)
        with without_misplaced(self, form), leaving_saved(form, model):
            is_saved = self.validate_form(form) and self.update_model(form, model)
        if is_saved:
            return self.saved(model, back, is_created=False)
        return self.edit_page(form, model, back)

    def saved(self, model: Any, back: str, *, is_created: bool) -> Any:
        """The answer to a save: on to the next page, or the record to the dialog that asked."""
        if is_dialog():
            return saved_answer(model)
        created, changed = gettext("Record was successfully created."), gettext("Record was successfully saved.")
        flash(created if is_created else changed, "success")
        return redirect(self.next_address(model, back, is_created=is_created))

    def next_address(self, model: Any, back: str, *, is_created: bool) -> str:
        """Where to go after a save, by the button that was pressed."""
        if "_add_another" in request.form:
            return str(self.get_url(".create_view", url=back))
        if "_continue_editing" in request.form and model is not True:
            return str(self.get_url(".edit_view", id=self.get_pk_value(model), url=back))
        return str(self.get_save_return_url(model, is_created=is_created))

    def edit_page(self, form: Any, model: Any, back: str) -> Any:
        """The form as it is, with what is wrong if it was sent."""
        if not is_form_submitted() or form.errors:
            self.on_form_prefill(form, request.args.get("id"))
        template = self.edit_modal_template if self.edit_modal and request.args.get("modal") else self.edit_template
        return self.form_page(
            template,
            form,
            self._form_edit_rules,
            back,
            model=model,
            **self.kept_digests(model),
            seen_fields=self.seen_fields(form, model),
            get_value=self.get_detail_value,
        )

    def seen_fields(self, form: Any, model: Any) -> list[tuple[str, str]]:
        """Name and label of what the form would offer if this person might not only see it."""
        offered = {attribute_name(name) for name in form._fields}
        closed = [name for name in self.digested_names() if name not in offered]
        seen = [name for name in closed if self.permits("view", model, name) and may_see_targets(self.model, name)]
        return [(name, str(self.get_column_name(name))) for name in seen]

    def kept_digests(self, model: Any) -> dict[str, str]:
        """The digests of what this person was first shown, through every round of corrections."""
        sent = request.form if is_form_submitted() else {}
        if sent.get("record_digest"):
            return {name: sent.get(name, "") for name in ("record_digest", "shown_values")}
        names = self.digested_names()
        return {"record_digest": record_digest(model, names), "shown_values": shown_values(model, names)}

    def form_page(self, template: str, form: Any, rules: Any, back: str, **more: Any) -> Any:
        failed = is_form_submitted()
        if failed and not form.form_errors and not is_dialog():
            flash(gettext("Please correct the marked fields."), "error")
        options = FormOpts(widget_args=self.form_widget_args, form_rules=fitting(rules, form))
        page = self.render(
            template,
            form=form,
            form_opts=options,
            return_url=back,
            **self.record_addresses(more.get("model"), back),
            **more,
        )
        return (page, INVALID) if failed else page

    def conflict_page(self, form: Any, model: Any, back: str) -> Any:
        """409 with both versions; sending the form again takes what was chosen of each."""
        with without_misplaced(self, form):
            form.validate()
            conflict: Conflict = conflict_of(self, form, model)
        for rows in inlines_of(form):
            rows.renew()
        names = self.digested_names()
        page = self.render(
            self.conflict_template,
            form=form,
            form_opts=FormOpts(widget_args=self.form_widget_args, form_rules=fitting(self._form_edit_rules, form)),
            model=model,
            return_url=back,
            record_digest=record_digest(model, names),
            shown_values=shown_values(model, names),
            conflict=conflict,
            reload_url=self.get_url(".edit_view", id=key_text(model), url=back),
            **self.record_addresses(model, back),
        )
        self.db_session.rollback()
        return page, CONFLICT

    def create_model(self, form: Any) -> Any:
        """The new record, or False with what is wrong on the form."""
        model = self.build_new_instance()
        if not self.save(form, model, is_created=True):
            return False
        self.after_model_change(form, model, True)
        return model

    def update_model(self, form: Any, model: Any) -> bool:
        """Whether the record was saved; if not, what is wrong is on the form."""
        if not self.save(form, model, is_created=False):
            return False
        self.after_model_change(form, model, False)
        return True

    def save(self, form: Any, model: Any, *, is_created: bool) -> bool:
        session = self.db_session
        try:
            self.write(form, model, is_created=is_created)
            session.commit()
        except Exception as error:
            session.rollback()
            self.show_fault(form, error)
            return False
        return True

    def write(self, form: Any, model: Any, *, is_created: bool) -> None:
        """Put what a valid form says into the record, with every guard; the caller commits or rolls back."""
        session = self.db_session
        with session.no_autoflush:
            form.populate_obj(model)
        if is_created:
            session.add(model)
        with session.no_autoflush:
            refuse_overreaching(session, model)
        self._on_model_change(form, model, is_created)
        self.refuse_leaving([model, *inline_records(form)])

    def refuse_leaving(self, records: list[Any]) -> None:
        """Raise if one of these records, as they are about to be stored, would be out of this person's sight."""
        session = self.db_session
        written = [r for r in records if r is records[0] or r in session.new or r in session.dirty]
        if any_restricted({type(record) for record in written}):
            session.flush()
            if any(is_hidden(record) for record in written if record in session):
                raise Refused(gettext("Saved like this, the record would not be among those that you may see."))

    def show_fault(self, form: Any, error: Exception) -> None:
        """Put on the form what the person can correct; raise anything else again."""
        if isinstance(error, ValidationError):
            form.form_errors.append(str(error))
            return
        fault = fault_of(error, self.model.__table__)
        if fault is not None:
            place_fault(form, fault, self.model)
        elif not self.handle_view_exception(error):
            raise error


def fitting(rules: Any, form: Any) -> Any:
    """The layout of a form, None if it has a place for a field that the form lacks for this person."""
    return rules if rules is None or set(rules.visible_fields) <= set(form._fields) else None


def place_fault(form: Any, fault: Fault, model: type) -> None:
    """Show a fault at the first field it is about, else above the form."""
    table: Any = model.__table__  # type: ignore[attr-defined]
    relations = relation_by_column(model)
    for name in fault.columns:
        column = table.columns.get(name)
        wanted = (
            {name} if column is None else {attribute_of(model, column), getattr(relations.get(column), "key", None)}
        )
        field = next((f for key, f in form._fields.items() if attribute_name(key) in wanted), None)
        if field is not None:
            field.errors = [*field.errors, fault.text]
            return
    form.form_errors.append(fault.text)


def may_see_targets(model: Any, name: str) -> bool:
    """Whether the records of a collection are of a kind this person may see; anything else is not asked here."""
    relation = sa.inspect(model).relationships.get(name)
    return relation is None or not relation.uselist or may(f"{relation.mapper.local_table.name}.view")
