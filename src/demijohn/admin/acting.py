"""Actions on the records of a list: on ticked rows, on everything that matches, or on one record from its own page."""

import inspect
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, request
from flask_admin import expose
from wtforms.validators import ValidationError

from demijohn.admin.access import turn_away
from demijohn.admin.asking import ANSWER, answered_by, asks, form_class
from demijohn.admin.deleting import Deleting, State
from demijohn.admin.faults import fault_of
from demijohn.admin.history import audit_key, has_audit
from demijohn.admin.identity import READS
from demijohn.admin.keys import RawKey, key_text
from demijohn.admin.kinds import mapper_of
from demijohn.admin.longactions import MOST_LATER, act_later, is_long
from demijohn.admin.saving import INVALID
from demijohn.admin.selection import MOST, Key, group_digest, keys_digest, keys_matching, locked
from demijohn.admin.words import gettext
from demijohn.auth.guards import Refused

RUN = "run_action"
"""The field that says that the answers of an action's form are there."""
NAMED = 5
ON_LISTS = {"delete", "export"}
"""Our own actions; the page of one record has buttons for these."""

Hidden = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Selected:
    """The records that an action is about.

    Attributes:
        keys: of all of them.
        records: those at hand, held until commit: all, or a few where the action runs in the background.
        hidden: what a page sends to say that it is about these.
    """

    keys: list[Key]
    records: list[Any]
    hidden: Hidden


class Acting(Deleting):
    """Flask-Admin's action page, and actions that ask for values first."""

    action_template = "admin/model/ask_action.html"

    def build_parts(self) -> None:
        super().build_parts()
        for name, (method, *_) in self._actions_data.items():
            if asks(method):
                form_class(self, name)

    def is_action_allowed(self, name: str) -> bool:
        """Flask-Admin's rule, and the permission that the action asks for (`edit` if it names none)."""
        return bool(super().is_action_allowed(name)) and self.permits(self.verb_of(name))

    def verb_of(self, name: str) -> str:
        """What an action does, by the permission it names."""
        handler = self._actions_data.get(name)
        return str(getattr(handler[0], "permission", "edit")) if handler else "edit"

    @expose("/action/", methods=("POST",))
    def action_view(self) -> Any:
        """Flask-Admin's bulk action; 409 if one of the records was not shown or changed since."""
        name = request.form.get("action", "")
        if name not in self._actions_data or not self.is_action_allowed(name):
            return self.refuse_action(name)
        if request.form.get("matching"):
            return self.act_on_matching(name, request.form["matching"])
        records = self.locked_records(request.form.getlist("rowid"))
        self.require(self.verb_of(name), *records)
        digests, verb = request.form.getlist("rowdigest"), self.verb_of(name)
        if (digests or verb not in READS) and not self.is_as_shown(records, digests):
            state: State = "changed" if any(digests) else "ask"
            return self.asking_page(state, records, self.way_back(), said=self.chosen(records) + answers())
        return self.perform(name, self.selected(records, self.chosen(records)))

    def selected(self, records: list[Any], hidden: Hidden) -> Selected:
        """All of these records."""
        keys = [self.identity_of(record) for record in records]
        return Selected(keys=keys, records=records, hidden=hidden)

    def chosen(self, records: list[Any]) -> Hidden:
        """What a page sends to say that it is about these records, as they are now."""
        return [("rowid", key_text(r)) for r in records] + [("rowdigest", self.row_digest(r)) for r in records]

    def act_on_matching(self, name: str, query: str) -> Any:
        """The action on everything that the list's query finds; 409 with how many until exactly that was confirmed."""
        is_later = is_long(self._actions_data[name][0])
        most = MOST_LATER if is_later else MOST
        keys, back = keys_matching(self, query, most), self.way_back()
        if len(keys) > most or not keys:
            many = gettext("At most %(most)d records at once. Narrow the list by a filter first.", most=most)
            flash(many if keys else gettext("Nothing matches any more."), "error")
            return redirect(back)
        records = locked(self, keys[:NAMED] if is_later else keys)
        self.require(self.verb_of(name), *records)
        digest = keys_digest(keys) if is_later else group_digest(self, records)
        given, hidden = request.form.get("group_digest", ""), [("matching", query), ("group_digest", digest)]
        if given != digest:
            state: State = "changed" if given else "ask"
            return self.asking_page(state, records, back, said=hidden + answers(), count=len(keys))
        return self.perform(name, Selected(keys=keys, records=records, hidden=hidden))

    def perform(self, name: str, chosen: Selected) -> Any:
        """Run an action, with the answers of its form if it asks for any; that form until they are right."""
        method = self._actions_data[name][0]
        form = answered_by(self, name, request.form if RUN in request.form else None) if asks(method) else None
        if form is not None and (RUN not in request.form or not form.validate()):
            return self.ask_page(name, form, chosen)
        if is_long(method):
            return self.perform_later(name, chosen)
        if form is None:
            return self.answered(method(self.ids_for(chosen.records)))
        values = {field.short_name: field.data for field in form}
        self.note_action(name, chosen.keys, values)
        try:
            return self.answered(method(self.ids_for(chosen.records), **values))
        except Exception as error:
            self.db_session.rollback()
            form.form_errors.append(self.why_not(error))
            return self.ask_page(name, form, replace(chosen, records=locked(self, chosen.keys)))

    def perform_later(self, name: str, chosen: Selected) -> Any:
        """Leave it to a job, and show how far that is."""
        try:
            job_id = act_later(self, name, chosen.keys, answers())
        except Refused as refused:
            self.db_session.rollback()
            flash(str(refused), "error")
            return redirect(self.way_back())
        self.db_session.commit()
        return redirect(self.get_url("admin-jobs.job", job_id=job_id))

    def answered(self, answer: Any) -> Any:
        return redirect(self.way_back()) if answer is None else answer

    def why_not(self, error: Exception) -> str:
        """What refused the change, for people; raises anything that nobody can correct."""
        fault = fault_of(error, self.model.__table__)
        if fault is not None or isinstance(error, ValidationError):
            return fault.text if fault is not None else str(error)
        if not self.handle_view_exception(error):
            raise error
        return gettext("It could not be saved.")

    def identity_of(self, record: Any) -> Key:
        return tuple(mapper_of(self.model).primary_key_from_instance(record))

    def note_action(self, name: str, identities: list[Key], values: dict[str, Any]) -> None:
        """One audit entry with the answers, kept or lost with what the action writes."""
        if has_audit():
            from demijohn.audit.log import record

            key = audit_key(identities[0]) if len(identities) == 1 else None
            count = {} if key is not None else {"records": len(identities)}
            said = {parameter: noted(value) for parameter, value in values.items()}
            record(f"action.{name}", table=self.table, key=key, changes={**count, **said})

    def ask_page(self, name: str, form: Any, chosen: Selected) -> Any:
        """The page with an action's form; 422 if its answers were wrong."""
        method, text = self._actions_data[name][0], str(self._actions_data[name][1])
        page = self.render(
            self.action_template,
            form=form,
            action_text=text,
            action_about=inspect.getdoc(method) or "",
            count=len(chosen.keys),
            titles=[str(record) for record in chosen.records[:NAMED]],
            hidden_fields=[*chosen.hidden, ("action", name), (RUN, "1"), ("url", self.way_back())],
            return_url=self.way_back(),
        )
        self.db_session.rollback()
        return (page, INVALID) if RUN in request.form else page

    def record_actions(self, record: Any) -> list[tuple[str, str]]:
        """Name and text of the actions that this person may run on one record, from its own page."""
        names = [str(name) for name, _ in self.get_actions_list()[0]]
        allowed = [name for name in names if name not in ON_LISTS and self.permits(self.verb_of(name), record)]
        return [(name, str(self._actions_data[name][1])) for name in allowed]

    def render(self, template: str, **kwargs: Any) -> Any:
        record = kwargs.get("model") if template == self.details_template else None
        offered = [] if record is None else self.record_actions(record)
        if offered:
            kwargs |= {"record_actions": offered, "record_chosen": self.chosen([record])}
        return super().render(template, **kwargs)

    def refuse_action(self, name: str) -> Any:
        return turn_away() if name in self._actions_data else self.no_such_action()

    def no_such_action(self) -> Any:
        flash(gettext("There is no such action."), "error")
        return redirect(self.way_back())

    def ids_for(self, records: list[Any]) -> list[Any]:
        """Keys as action handlers get them: in the column's own type, composite ones as text."""
        if len(mapper_of(self.model).primary_key) > 1:
            return [key_text(record) for record in records]
        keys = [key for (key,) in map(self.identity_of, records)]
        return [RawKey(key) if isinstance(key, str) else key for key in keys]


def noted(value: Any) -> Any:
    """An answer as the audit keeps it: records by text and key."""
    if isinstance(value, list):
        return [noted(one) for one in value]
    is_record = sa.inspect(value, raiseerr=False) is not None and hasattr(value, "__table__")
    return f"{value} ({key_text(value)})" if is_record else value


def answers() -> Hidden:
    """The answers that the request brought, to be asked for only once."""
    return [(name, text) for name, text in request.form.items(multi=True) if name == RUN or name.startswith(ANSWER)]
