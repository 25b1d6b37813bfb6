"""Taking back what the history says: one change field by field, or a deletion by making the record again."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from flask import abort, flash, redirect, request
from flask_admin import expose

from demijohn.admin.acting import Acting
from demijohn.admin.columns import names_secret
from demijohn.admin.digests import is_unchanged, record_digest
from demijohn.admin.formatting import plain_text
from demijohn.admin.history import audit_key, has_audit
from demijohn.admin.keys import parse_key
from demijohn.admin.kinds import column_of, mapper_of
from demijohn.admin.logged import MASK, LostError, restored
from demijohn.admin.rights import refuse_overreaching
from demijohn.admin.saving import CONFLICT
from demijohn.admin.scoping import for_me, shown, shown_value
from demijohn.admin.words import gettext
from demijohn.database.base import db

State = Literal["ready", "changed", "same", "lost"]

REVERTED = "record.reverted"


@dataclass(frozen=True, kw_only=True)
class FieldPlan:
    """What would be done with one field of the entry.

    Attributes:
        now, then: as people read them.
        value: what the field would hold again.
        state: `ready`; `changed` (somebody wrote it after this entry); `same` (it holds it already); `lost`.
        why: of what is lost, the reason.
    """

    name: str
    label: str
    now: str
    then: str
    value: Any
    state: State
    why: str = ""


class Reverting(Acting):
    """The page that shows what taking back one entry would do, and does it."""

    revert_template = "admin/model/revert.html"

    @expose("/revert/", methods=("GET", "POST"))
    def revert_view(self) -> Any:
        """GET shows, POST does it; 409 if the record was changed since it was shown."""
        entry = self.entry_to_revert()
        if not (self.can_create if entry.action == "delete" else self.can_edit):
            abort(403)
        if entry.action == "delete":
            return self.bring_back(entry)
        record = self.get_one(request.args.get("id", ""))
        posting = request.method == "POST"
        if record is None or (posting and not self.lock(record)):
            self.db_session.rollback()
            return self.no_such_record(self.way_back())
        self.require("edit", record)
        plans = list(self.plans_for(record, entry))
        if not posting:
            return self.revert_page(entry, plans, record)
        if not is_unchanged(record, [plan.name for plan in plans], request.form.getlist("record_digest")):
            return self.revert_page(entry, plans, record, is_late=True), CONFLICT
        return self.revert(entry, plans, record)

    def entry_to_revert(self) -> Any:
        """The entry that is asked for; 404 unless it is a change or deletion of this very record."""
        key = parse_key(self.model, request.args.get("id", ""))
        number = request.args.get("entry", type=int)
        if key is None or number is None or not 0 < number < 2**63 or not has_audit():
            abort(404)
        from demijohn.audit.models import AuditEntry

        entry = db.session.get(AuditEntry, number)
        if entry is None or (entry.table, entry.key) != (self.table, audit_key(key)):
            abort(404)
        if entry.action not in {"update", "delete"}:
            abort(404)
        return entry

    def plans_for(self, record: Any, entry: Any) -> Iterable[FieldPlan]:
        """What would become of each field that this person may see; a record that is gone holds nothing."""
        for name, pair in (entry.changes or {}).items():
            if not self.permits("view", record, name):
                continue
            old, new = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
            label = str(self.get_column_name(name))
            now = plain_text(shown_value(record, name)) if record is not None else ""
            if names_secret(self.model, name):
                old = MASK
            try:
                value = self.value_again(record, name, old, new)
            except LostError as lost:
                then = "" if old == MASK else plain_text(old)
                yield FieldPlan(name=name, label=label, now=now, then=then, value=None, state="lost", why=str(lost))
                continue
            state = self.state_of_field(record, name, value, new)
            yield FieldPlan(name=name, label=label, now=now, then=shown_text(value), value=value, state=state)

    def value_again(self, record: Any, name: str, old: Any, new: Any) -> Any:
        """What the field would hold again.

        Raises:
            LostError: that is not known, or not this person's to set.
        """
        if not self.permits("edit" if record is not None else "create", record, name):
            raise LostError(gettext("You may not change this field."))
        column = column_of(self.model, name)
        if column is not None:
            return restored(column, old)
        relation = mapper_of(self.model).relationships.get(name)
        if relation is None or not relation.uselist or record is None:
            raise LostError(gettext("There is no such field any more."))
        present = list(getattr(record, name))
        back, gone = (self.related(relation, names) for names in (old or (), new or ()))
        return [one for one in present if one not in gone] + [one for one in back if one not in present]

    def related(self, relation: Any, names: Iterable[str]) -> list[Any]:
        """The related records that the log names as `3 (Managers)`."""
        target = relation.mapper.class_
        found = []
        for name in names:
            text = str(name).partition(" (")[0]
            key = parse_key(target, tuple(text.split(",")) if len(mapper_of(target).primary_key) > 1 else text)
            columns = mapper_of(target).primary_key
            wanted = [column == value for column, value in zip(columns, key, strict=True)] if key else [sa.false()]
            one = for_me(self.db_session.query(target), target).filter(*wanted).one_or_none()
            if one is None:
                raise LostError(gettext("One of these records is gone."))
            found.append(one)
        return found

    def state_of_field(self, record: Any, name: str, value: Any, new: Any) -> State:
        if record is None:
            return "ready"
        present = getattr(record, name)
        if present == value:
            return "same"
        column = column_of(self.model, name)
        if column is None:
            return "ready"
        try:
            return "ready" if restored(column, new) == present else "changed"
        except LostError:
            return "changed"

    def revert_page(self, entry: Any, plans: list[FieldPlan], record: Any, **more: Any) -> Any:
        digest = record_digest(record, [plan.name for plan in plans]) if record is not None else ""
        page = self.render(
            self.revert_template,
            entry=entry,
            plans=plans,
            can_revert=any(plan.state in {"ready", "changed"} for plan in plans),
            record_digest=digest,
            row_title=str(record) if record is not None else self.title_of(None),
            history_url=self.get_url(".history_view", id=request.args["id"]),
            return_url=self.way_back(),
            **{"is_late": False, "message": None, "asked": None, **more},
        )
        self.db_session.rollback()
        return page

    def revert(self, entry: Any, plans: list[FieldPlan], record: Any) -> Any:
        """Set the fields that were ticked, all or none."""
        asked = set(request.form.getlist("field"))
        chosen = [plan for plan in plans if plan.name in asked and plan.state in {"ready", "changed"}]
        if not chosen:
            return self.revert_page(entry, plans, record, message=gettext("Choose at least one field."), asked=asked)

        def change() -> None:
            for plan in chosen:
                setattr(record, plan.name, plan.value)

        message = self.write_again(record, change, entry, is_created=False)
        if message is not None:
            entry, record = self.entry_to_revert(), self.get_one(request.args["id"])
            plans = list(self.plans_for(record, entry))
            return self.revert_page(entry, plans, record, message=message, asked=asked)
        flash(gettext("Record was successfully saved."), "success")
        return redirect(self.get_url(".history_view", id=request.args["id"]))

    def bring_back(self, entry: Any) -> Any:
        """Make a deleted record again, with its key; 404 if there is one already."""
        key = parse_key(self.model, request.args["id"])
        if self.db_session.get(self.model, key) is not None:
            abort(404)
        plans = list(self.plans_for(None, entry))
        if request.method == "GET":
            return self.revert_page(entry, plans, None)
        record = self.build_new_instance()

        def change() -> None:
            for plan in plans:
                if plan.state == "ready":
                    setattr(record, plan.name, plan.value)

        message = self.write_again(record, change, entry, is_created=True)
        if message is not None:
            entry = self.entry_to_revert()
            return self.revert_page(entry, list(self.plans_for(None, entry)), None, message=message)
        flash(gettext("Record was successfully created."), "success")
        return redirect(self.get_url(".history_view", id=request.args["id"]))

    def write_again(self, record: Any, change: Callable[[], None], entry: Any, *, is_created: bool) -> str | None:
        """Write under the same questions as the form's save; what is wrong, in words, or None."""
        from demijohn.audit.log import record as log

        session, entry_id, entry_key = self.db_session, entry.id, entry.key
        try:
            with session.no_autoflush:
                change()
                if is_created:
                    session.add(record)
                refuse_overreaching(session, record)
            form = (self._create_form_class if is_created else self._edit_form_class)(None, obj=record)
            self._on_model_change(form, record, is_created)
            self.refuse_leaving([record])
            log(REVERTED, table=self.table, key=entry_key, changes={"entry": entry_id})
            session.commit()
        except Exception as error:
            session.rollback()
            return self.why_not(error)
        self.after_model_change(form, record, is_created)
        return None

    def undo_address(self, key: str) -> str | None:
        """Where the deletion of this record, just done, can be taken back; None if not, or not by this person."""
        if not (has_audit() and self.permits("create") and self.is_written("create")):
            return None
        from demijohn.audit.log import history

        parsed = parse_key(self.model, key)
        row = db.session.scalars(history(self.table, audit_key(parsed or ())).limit(1)).first()
        if row is None or row.action != "delete":
            return None
        return str(self.get_url(".revert_view", id=key, entry=row.id))


def shown_text(value: Any) -> str:
    return plain_text(shown(value))
