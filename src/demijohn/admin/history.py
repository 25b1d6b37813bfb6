"""Who changed what: the history page of a record, and the recent changes of the dashboard, read from the audit."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import abort, request
from flask_admin import expose

from demijohn.admin.columns import names_secret
from demijohn.admin.exporting import Exporting
from demijohn.admin.formatting import noun, plain_text
from demijohn.admin.keys import parse_key
from demijohn.admin.kinds import mapper_of
from demijohn.database.base import db
from demijohn.state import state_of

PER_PAGE = 50
MASK = "(secret)"

ACTIONS = {"create": "Created", "update": "Changed", "delete": "Deleted"}


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field, old and new, as people read it."""

    name: str
    label: str
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of history."""

    when: dt.datetime
    who: str
    channel: str
    action: str
    action_text: str
    table_name: str
    title: str
    url: str | None
    changes: list[FieldChange]


def audit_key(key: Iterable[Any]) -> str:
    """A key as the audit writes it."""
    return ",".join(map(str, key))


def has_audit() -> bool:
    return state_of().has("audit")


def entries_of(rows: Iterable[Any], views: dict[str, Any]) -> list[Entry]:
    """Audit rows as lines; `views` is table -> the view that shows it."""
    return [_entry(row, views.get(row.table)) for row in rows]


def _entry(row: Any, view: Any) -> Entry:
    name = str(view.name) if view is not None else str(row.table or "")
    gone = row.action == "delete" or row.key is None or view is None
    return Entry(
        when=row.at,
        who=row.actor or (f"user {row.actor_id}" if row.actor_id is not None else "nobody signed in"),
        channel=row.channel,
        action=row.action,
        action_text=ACTIONS.get(row.action, row.action.replace(".", " ").replace("_", " ").capitalize()),
        table_name=name,
        title=f"{noun(view.model).capitalize() if view is not None else name} {row.key or ''}".strip(),
        url=None if gone else view.get_url(f"{view.endpoint}.details_view", id=row.key),
        changes=[_change(field, pair, view) for field, pair in (row.changes or {}).items()],
    )


def _change(field: str, pair: Any, view: Any) -> FieldChange:
    old, new = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (None, pair)
    label = str(view.get_column_name(field)) if view is not None else field
    if view is not None and names_secret(view.model, field):
        old, new = (MASK if value is not None else None for value in (old, new))
    return FieldChange(name=field, label=label, old=plain_text(old), new=plain_text(new))


def last_change(view: Any, record: Any) -> tuple[str | None, dt.datetime | None]:
    """Who wrote the record last and when, if the audit knows."""
    if not has_audit():
        return None, None
    from demijohn.audit.log import history

    key = audit_key(mapper_of(type(record)).primary_key_from_instance(record))
    row = db.session.scalars(history(view.table, key).limit(1)).first()
    return (None, None) if row is None else (row.actor, row.at)


def recent_entries(views: dict[str, Any], limit: int) -> list[Entry]:
    """The latest changes of these tables (table -> view), newest first."""
    if not views or not has_audit():
        return []
    from demijohn.audit.log import recent

    return entries_of(db.session.scalars(recent(tables=list(views)).limit(limit)), views)


class HistoryPage(Exporting):
    """The page that shows what happened to one record; asks `<table>.view`."""

    history_template = "admin/model/history.html"

    @expose("/history/")
    def history_view(self) -> Any:
        """Who changed what in one record, newest first, also after it was deleted."""
        key = parse_key(self.model, request.args.get("id", ""))
        if key is None or not has_audit():
            abort(404)
        from demijohn.audit.log import history

        page = min(max(request.args.get("page", 0, type=int), 0), 100_000)
        query: sa.Select[Any] = history(self.table, audit_key(key)).limit(PER_PAGE + 1).offset(page * PER_PAGE)
        rows = list(db.session.scalars(query))
        record = self.get_one(request.args["id"])
        if record is not None:
            self.require("view", record)
        if record is None and not rows and page == 0:
            abort(404)
        return self.render(
            self.history_template,
            entries=entries_of(rows[:PER_PAGE], {self.table: self}),
            older_url=self.history_address(page + 1) if len(rows) > PER_PAGE else None,
            newer_url=self.history_address(page - 1) if page else None,
            return_url=self.get_url(".index_view"),
            model=record,
            **{**self.record_addresses(record, self.get_url(".index_view")), "row_title": self.title_of(record)},
        )

    def history_address(self, page: int) -> str:
        return str(self.get_url(".history_view", id=request.args["id"], page=page))

    def title_of(self, record: Any) -> str:
        return str(record) if record is not None else f"{noun(self.model).capitalize()} {request.args['id']}"
