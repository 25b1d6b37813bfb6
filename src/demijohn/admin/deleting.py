"""Delete and bulk actions: asked first, compared with what was shown, and explained when something is in the way."""

from dataclasses import dataclass
from typing import Any, Literal

from flask import flash, redirect, request
from flask_admin import expose
from sqlalchemy.exc import IntegrityError
from wtforms.validators import ValidationError

from demijohn.admin.actions import action
from demijohn.admin.consequences import Consequence, Effect, consequences_of
from demijohn.admin.digests import is_unchanged
from demijohn.admin.faults import fault_of
from demijohn.admin.history import has_audit
from demijohn.admin.keys import key_text, parse_keys
from demijohn.admin.kinds import mark_of
from demijohn.admin.rights import refuse_overreaching
from demijohn.admin.saving import CONFLICT, Saving
from demijohn.admin.selection import MOST, locked
from demijohn.admin.words import gettext
from demijohn.database.ownership import owned_tables

UNDO = "undo"
"""Category of the message that holds where a deletion is taken back; shown as a button beside what was said."""

NAMED = 20
"""Records that are named on the page that asks; our choice."""

State = Literal["ask", "blocked", "changed"]


@dataclass(frozen=True, kw_only=True)
class DoomedRow:
    """One record on the page that asks."""

    title: str
    details_url: str | None


class Deleting(Saving):
    """Flask-Admin's delete and action pages."""

    delete_template = "admin/model/delete.html"

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self) -> Any:
        """GET asks, POST deletes; 409 if the record was not shown or changed since, or is in use."""
        back = self.way_back()
        if not self.can_delete:
            return redirect(back)
        record = self.get_one(request.values.get("id", ""))
        deleting = request.method == "POST"
        if record is None or (deleting and not self.lock(record)):
            self.db_session.rollback()
            return self.no_such_record(back)
        self.require("delete", record)
        if not deleting:
            return self.asking_page("ask", [record], back)
        digests = request.form.getlist("record_digest")
        if not self.is_as_shown([record], digests):
            return self.asking_page("changed" if any(digests) else "ask", [record], back)
        return self.delete_all([record], back)

    def is_as_shown(self, records: list[Any], digests: list[str]) -> bool:
        """Whether none was changed since it was shown; what was never shown (no digest) was not."""
        return all(is_unchanged(record, self.digest_names(), digests) for record in records)

    def asking_page(
        self, state: State, records: list[Any], back: str, *, said: list[tuple[str, str]] | None = None, **more: Any
    ) -> Any:
        """The page that asks before deleting, or says what is in the way; `said` names the records, else each is."""
        single = "action" not in request.form
        digest_name, key_name = ("record_digest", "id") if single else ("rowdigest", "rowid")
        hidden = said or [
            *((key_name, key_text(r)) for r in records),
            *((digest_name, self.row_digest(r)) for r in records),
        ]
        hidden += [("url", back)] + ([] if single else [("action", request.form["action"])])
        named = records[:NAMED]
        rows = [DoomedRow(title=str(r), details_url=self.record_addresses(r, back)["details_url"]) for r in named]
        met = self.what_it_meets(records) if state != "blocked" else {}
        given: dict[str, Any] = {"count": len(records), "blockers": [], "affected": [], "message": None, **met, **more}
        state = "blocked" if given["blockers"] else state
        page = self.render(
            self.delete_template,
            state=state,
            rows=rows,
            post_url=self.get_url(".delete_view" if single else ".action_view"),
            hidden_fields=hidden,
            return_url=back,
            action_text=self.action_text(),
            is_kept=mark_of(self.model) is not None,
            can_undo=has_audit() and len(records) == 1 and self.can_create,
            **given,
        )
        self.db_session.rollback()
        return (page, CONFLICT) if request.method == "POST" else page

    def action_text(self) -> str:
        """What is about to be done, in a word: `Delete`, or the action's own text."""
        known = self._actions_data.get(request.form.get("action", "delete"))
        return str(known[1]) if known else "Delete"

    def delete_all(self, records: list[Any], back: str) -> Any:
        """Delete all of them or none, and say so."""
        keys = [key_text(record) for record in records]
        problem = self.try_delete(records)
        if problem is not None:
            found = [record for record in map(self.get_one, keys) if record is not None]
            return self.asking_page("blocked", found, back, **problem)
        for record in records:
            self.after_model_delete(record)
        one, many = gettext("Record was successfully deleted."), gettext("%(count)d records were successfully deleted.")
        flash(one if len(records) == 1 else many % {"count": len(records)}, "success")
        undo = self.undo_address(keys[0]) if len(keys) == 1 else None
        if undo is not None:
            flash(undo, UNDO)
        return redirect(back)

    def undo_address(self, key: str) -> str | None:
        """Where a deletion can be taken back; None if nowhere."""
        del key
        return None

    def try_delete(self, records: list[Any]) -> dict[str, Any] | None:
        """Delete in one transaction; on refusal roll back and return what to show."""
        session = self.db_session
        blockers = self.consequences(records, "blocks")
        if blockers:
            session.rollback()
            return {"blockers": blockers}
        try:
            for record in records:
                refuse_overreaching(session, record)
                self.on_model_delete(record)
                session.delete(record)
            session.commit()
        except Exception as error:
            session.rollback()
            return {"message": self.delete_fault(error)}
        return None

    def delete_fault(self, error: Exception) -> str:
        """What refused the delete, for people; raises anything that nobody can correct."""
        if isinstance(error, IntegrityError):
            return "Other records use this one, so it can't be deleted."
        fault = fault_of(error, self.model.__table__)
        if fault is not None or isinstance(error, ValidationError):
            return fault.text if fault is not None else str(error)
        if not self.handle_view_exception(error):
            raise error
        return "It could not be deleted."

    def consequences(self, records: list[Any], *effects: Effect) -> list[Consequence]:
        """What a delete of these records meets in other tables."""
        tables = {table.name for table in owned_tables(self.admin.app)}
        return consequences_of(self, records, tables, self.admin.visible_views(), effects)

    def what_it_meets(self, records: list[Any]) -> dict[str, list[Consequence]]:
        """For the page that asks before deleting: what is in the way, or else what the delete does elsewhere."""
        if request.form.get("action", "delete") != "delete":
            return {}
        met = self.consequences(records, "blocks", "deleted", "emptied")
        blockers = [one for one in met if one.effect == "blocks"]
        return {"blockers": blockers, "affected": [] if blockers else met}

    def delete_model(self, model: Any) -> bool:
        """Flask-Admin's hook for one record: whether it is deleted."""
        problem = self.try_delete([model])
        if problem is not None:
            flash(problem.get("message") or problem["blockers"][0].text, "error")
            return False
        self.after_model_delete(model)
        return True

    def locked_records(self, ids: list[str]) -> list[Any]:
        """The records of these keys that this view shows, their rows held until commit."""
        return locked(self, parse_keys(self.model, ids[:MOST]))

    @action("delete", "Delete", "Are you sure you want to delete selected records?", permission="delete")
    def action_delete(self, ids: Any) -> Any:
        """Delete the chosen records, all or none."""
        back = self.way_back()
        return self.delete_all(self.locked_records(list(ids)), back)
