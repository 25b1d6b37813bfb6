"""The page of what was deleted softly: looked through, restored, or deleted for good, by who may delete."""

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import expose
from markupsafe import Markup, escape
from sqlalchemy.exc import IntegrityError

from demijohn.admin.access import turn_away
from demijohn.admin.faults import fault_of
from demijohn.admin.history import has_audit
from demijohn.admin.keys import key_text, parse_keys
from demijohn.admin.kinds import attribute_of, mapper_of, mark_of
from demijohn.admin.reverting import Reverting
from demijohn.admin.rights import refuse_overreaching
from demijohn.admin.saving import CONFLICT
from demijohn.admin.scoping import for_me
from demijohn.admin.selection import locked
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.auth.rows import know_rows

PER_PAGE = 50
AT_ONCE = 500
"""Records that one restoring takes; our choice."""


class Restoring(Reverting):
    """The deleted records of a `SoftDeleted` model; asks `<table>.delete`, of each record too."""

    deleted_template = "admin/model/deleted.html"

    def deleted_url(self, **arguments: Any) -> str | None:
        """Where this person finds what was deleted; None where it is not kept, or not theirs to restore."""
        if mark_of(self.model) is None or not self.can_delete:
            return None
        return str(self.get_url(f"{self.endpoint}.deleted_view", **arguments))

    @expose("/deleted/", methods=("GET", "POST"))
    def deleted_view(self) -> Any:
        """GET shows what was deleted, newest first; POST restores the chosen records, or deletes them for good."""
        if mark_of(self.model) is None:
            abort(404)
        if not self.can_delete:
            return turn_away()
        if request.method == "GET":
            return self.deleted_page()
        keys = parse_keys(self.model, request.form.getlist("rowid")[:AT_ONCE])
        records = locked(self, keys, self.deleted_rows())
        self.require("delete", *records)
        if not records:
            self.db_session.rollback()
            return self.no_such_record(str(self.get_url(".deleted_view")))
        if request.form.get("action") == "purge":
            return self.purge_all(records)
        return self.restore_all(records)

    def deleted_rows(self) -> Any:
        """The records marked as deleted, as far as this view shows them to the person asking."""
        rows = for_me(self.get_query(), self.model).execution_options(include_deleted=True)
        return rows.filter(getattr(self.model, str(mark_of(self.model))).isnot(None))

    def deleted_page(self) -> Any:
        page = min(max(request.args.get("page", 0, type=int), 0), 100_000)
        mark, key = getattr(self.model, str(mark_of(self.model))), mapper_of(self.model).primary_key
        rows = self.deleted_rows()
        if request.args.get("id"):
            rows = rows.filter(self.is_one_of([request.args["id"]]))
        ordered = rows.order_by(None).order_by(mark.desc(), *(column.desc() for column in key))
        found = ordered.limit(PER_PAGE + 1).offset(page * PER_PAGE).all()
        know_rows(current_user, found)
        shown = [record for record in found[:PER_PAGE] if self.permits("delete", record)]
        return self.render(
            self.deleted_template,
            rows=[self.deleted_row(record) for record in shown],
            is_one=bool(request.args.get("id")),
            older_url=self.get_url(".deleted_view", page=page + 1) if len(found) > PER_PAGE else None,
            newer_url=self.get_url(".deleted_view", page=page - 1) if page else None,
            return_url=self.get_url(".index_view"),
        )

    def deleted_row(self, record: Any) -> dict[str, Any]:
        """One line of the page."""
        key = key_text(record)
        return {
            "key": key,
            "title": str(record),
            "when": getattr(record, str(mark_of(self.model))),
            "history_url": self.get_url(".history_view", id=key) if has_audit() else None,
        }

    def restore_all(self, records: list[Any]) -> Any:
        """Restore all of them, with what was deleted in the same moment, or none."""

        def restore() -> None:
            for record in records:
                record.restore()
                refuse_overreaching(self.db_session, record)
            self.refuse_leaving(records)

        if self.is_done(restore, self.why_not):
            flash(gettext("Restored: %(titles)s", titles=self.titles_of(records)), "success")
        return redirect(str(self.get_url(".deleted_view")))

    def purge_all(self, records: list[Any]) -> Any:
        """Delete all of them for good or none, after asking."""
        if "confirmed" not in request.form or not self.is_as_shown(records, request.form.getlist("rowdigest")):
            return self.ask_to_purge(records)
        titles = self.titles_of(records)

        def purge() -> None:
            for record in records:
                refuse_overreaching(self.db_session, record)
                self.on_model_delete(record)
                record.purge()

        if self.is_done(purge, self.delete_fault):
            for record in records:
                self.after_model_delete(record)
            flash(gettext("Deleted for good: %(titles)s", titles=titles), "success")
        return redirect(str(self.get_url(".deleted_view")))

    def is_done(self, change: Callable[[], None], why_not: Callable[[Exception], str]) -> bool:
        """Whether the change was written; if it was refused, nothing is, and the person is told why."""
        try:
            change()
            self.db_session.commit()
        except Exception as error:  # noqa: BLE001 - why_not raises what nobody can correct
            self.db_session.rollback()
            flash(why_not(error), "error")
            return False
        return True

    def ask_to_purge(self, records: list[Any]) -> Any:
        said = [("rowid", key_text(record)) for record in records]
        said += [("rowdigest", self.row_digest(record)) for record in records]
        page = self.render(
            self.delete_template,
            state="ask",
            rows=[{"title": str(record), "details_url": None} for record in records],
            count=len(records),
            post_url=self.get_url(".deleted_view"),
            hidden_fields=[*said, ("action", "purge"), ("confirmed", "1")],
            return_url=self.get_url(".deleted_view"),
            action_text=gettext("Delete for good"),
            blockers=self.consequences(records, "blocks"),
            affected=self.consequences(records, "deleted"),
            can_undo=False,
            message=None,
        )
        self.db_session.rollback()
        return page, CONFLICT

    def titles_of(self, records: list[Any]) -> str:
        """The first few by name, the others by number."""
        more = len(records) - 5
        names = ", ".join(map(str, records[:5]))
        return f"{names} {gettext('and %(count)d more', count=more)}" if more > 0 else names

    def show_fault(self, form: Any, error: Exception) -> None:
        """The form's faults, and where a value is held by a deleted record, the way to it for who may restore it."""
        super().show_fault(form, error)
        holder = self.deleted_holder(form, error)
        if holder is not None:
            address = escape(self.deleted_url(id=key_text(holder)))
            said = escape(gettext("A deleted record holds it: %(title)s", title=str(holder)))
            form.form_errors.append(Markup(f'<a href="{address}">{said}</a>'))  # noqa: S704 - both escaped

    def deleted_holder(self, form: Any, error: Exception) -> Any | None:
        """The deleted record that holds what had to be unique, if this person may restore it."""
        fault = fault_of(error, self.model.__table__)
        if self.deleted_url() is None or fault is None or not isinstance(error, IntegrityError):
            return None
        names = [attribute_of(self.model, self.model.__table__.c[name]) for name in fault.columns]
        if not names or not all(name in form._fields for name in names):
            return None
        rows = self.deleted_rows().filter(*(getattr(self.model, name) == form._fields[name].data for name in names))
        holder = rows.first()
        know_rows(current_user, [holder] if holder is not None else [])
        return holder if holder is not None and self.permits("delete", holder) else None

    def undo_address(self, key: str) -> str | None:
        """Where a deletion just done can be taken back: among the deleted, where they are kept."""
        return super().undo_address(key) if mark_of(self.model) is None else self.deleted_url(id=key)
