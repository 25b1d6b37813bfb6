"""Who changed what: the history page of a record, and the recent changes of the dashboard, read from the audit."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from flask import abort, render_template, request
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from demijohn.admin.columns import names_secret
from demijohn.admin.exporting import Exporting
from demijohn.admin.formatting import plain_text, upper_first
from demijohn.admin.keys import parse_key
from demijohn.admin.kinds import mapper_of, to_one_relations
from demijohn.admin.scoping import for_me, rows_for_me, shown_change
from demijohn.admin.textdiff import Piece, diff
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.auth.rows import know_rows
from demijohn.database.base import db
from demijohn.state import state_of

PER_PAGE = 50
MASK = "(secret)"

Place = tuple[str, str]
"""Table and key of a record, as the audit writes them."""

BULK = {"bulk.insert": "into", "bulk.update": "of", "bulk.delete": "from"}


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One field, old and new, as people read it; of longer texts what changed in them."""

    name: str
    label: str
    old: str
    new: str

    @property
    def pieces(self) -> list[Piece]:
        return diff(self.old, self.new)


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
    about: str
    url: str | None
    changes: list[FieldChange]
    revert_url: str | None = None


def audit_key(key: Iterable[Any]) -> str:
    """A key as the audit writes it."""
    return ",".join(map(str, key))


def has_audit() -> bool:
    return state_of().has("audit")


def entries_of(rows: Iterable[Any], views: dict[str, Any], names: dict[Place, str] | None = None) -> list[Entry]:
    """Audit rows as lines; `views` is table -> the view that shows it, `names` what records are called."""
    return [_entry(row, views.get(row.table), (names or {}).get((row.table, row.key))) for row in rows]


def _entry(row: Any, view: Any, called: str | None) -> Entry:
    name = str(view.name) if view is not None else str(row.table or "")
    title, about = _headline(row, view, called)
    gone = row.action in {"delete", "soft_delete"} or row.key is None or view is None
    return Entry(
        when=row.at,
        who=row.actor or (f"user {row.actor_id}" if row.actor_id is not None else gettext("nobody signed in")),
        channel=row.channel,
        action=row.action,
        action_text=_action_text(row.action, view),
        table_name=name,
        title=title,
        about=about,
        url=None if gone else view.get_url(f"{view.endpoint}.details_view", id=row.key),
        changes=[_change(row.table, field, pair, view) for field, pair in (row.changes or {}).items()],
        revert_url=_revert_url(row, view),
    )


def _revert_url(row: Any, view: Any) -> str | None:
    """Where an entry can be taken back, for people who may write what it takes."""
    if row.action == "soft_delete" and view is not None:
        return cast("str | None", view.deleted_url(id=row.key))
    switch = {"update": "can_edit", "delete": "can_create"}.get(row.action)
    if switch is None or view is None or not getattr(view, switch):
        return None
    return str(view.get_url(f"{view.endpoint}.revert_view", id=row.key, entry=row.id))


def _action_text(action: str, view: Any) -> str:
    """What was done, in words: for an action of the view, its own."""
    known = {"create": gettext("Created"), "update": gettext("Changed"), "delete": gettext("Deleted")}
    known |= {"soft_delete": gettext("Deleted, kept"), "restore": gettext("Restored")}
    own = getattr(view, "_actions_data", {}).get(action.removeprefix("action."))
    if own is not None and action.startswith("action."):
        return str(own[1])
    return known.get(action, action.replace(".", " ").replace("_", " ").capitalize())


def _headline(row: Any, view: Any, called: str | None) -> tuple[str, str]:
    """What an entry is about, and what remains to be said of it; the model is named once."""
    one = view.singular if view is not None else str(row.table or "")
    what = _action_text(row.action, view)
    if row.action in BULK:
        return f"{what} {BULK[row.action]} {view.name if view is not None else one}{_rows_of(row)}", ""
    if called is not None and not called.lower().startswith(f"{one} ".lower()):
        return called, f"{upper_first(one)} · {what}"
    return called or upper_first(f"{one} {row.key or ''}".strip()), what


def _rows_of(row: Any) -> str:
    pair = (row.changes or {}).get("rows")
    rows = pair[1] if isinstance(pair, list | tuple) and len(pair) == 2 else None
    return f" ({rows:,} {'row' if rows == 1 else 'rows'})" if isinstance(rows, int) else ""


def names_of(rows: Iterable[Any], views: dict[str, Any]) -> dict[Place, str]:
    """What the records of these rows are called now, by one statement a table; without the gone and the closed."""
    wanted: dict[str, set[str]] = {}
    for row in rows:
        if row.key is not None and row.table in views:
            wanted.setdefault(row.table, set()).add(row.key)
    return {(table, key): text for table, keys in wanted.items() for key, text in _names(views[table], keys)}


def _names(view: Any, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    mapper = mapper_of(view.model)
    columns = mapper.primary_key
    found = [parse_key(view.model, tuple(key.split(",")) if len(columns) > 1 else (key,)) for key in keys]
    known = [key for key in found if key is not None]
    if not known:
        return
    chosen = sa.tuple_(*columns).in_(known) if len(columns) > 1 else columns[0].in_([key for (key,) in known])
    together = [joinedload(getattr(view.model, name)) for name in to_one_relations(view.model)]
    records = list(for_me(view.get_query(), view.model).filter(chosen).options(*together))
    know_rows(current_user, records)
    for record in records:
        if view.permits("view", record):
            yield audit_key(mapper.primary_key_from_instance(record)), str(record)


def _change(table: str, field: str, pair: Any, view: Any) -> FieldChange:
    old, new = shown_change(table, field, pair)
    label = str(view.get_column_name(field)) if view is not None else field
    if view is not None and names_secret(view.model, field):
        old, new = (MASK if value is not None else None for value in (old, new))
    return FieldChange(name=field, label=label, old=plain_text(old), new=plain_text(new))


def audit_options() -> dict[str, Any]:
    """Options of the audit log's own view: of what was changed, what is for the person asking."""
    return {
        "column_formatters": {"changes": _changes_in_a_line},
        "column_formatters_detail": {"changes": _changes_as_table},
        "column_formatters_export": {"changes": _shown_changes},
    }


def _changes_in_a_line(view: Any, context: Any, row: Any, name: str) -> str:
    del view, context, name
    changes = [_change(row.table, field, pair, None) for field, pair in (row.changes or {}).items()]
    return "; ".join(f"{one.label}: {one.old or '—'} → {one.new or '—'}" for one in changes)


def _changes_as_table(view: Any, context: Any, row: Any, name: str) -> Markup | None:
    del view, context, name
    changes = [_change(row.table, field, pair, None) for field, pair in (row.changes or {}).items()]
    return Markup(render_template("admin/model/changes.html", changes=changes)) if changes else None  # noqa: S704 - ours


def _shown_changes(view: Any, context: Any, row: Any, name: str) -> dict[str, list[Any]] | None:
    del view, context, name
    if not row.changes:
        return None
    return {field: list(shown_change(row.table or "", field, pair)) for field, pair in row.changes.items()}


def last_change(view: Any, record: Any) -> tuple[str | None, dt.datetime | None]:
    """Who wrote the record last and when, if the audit knows."""
    if not has_audit():
        return None, None
    from demijohn.audit.log import history

    key = audit_key(mapper_of(type(record)).primary_key_from_instance(record))
    row = db.session.scalars(history(view.table, key).limit(1)).first()
    return (None, None) if row is None else (row.actor, row.at)


def recent_entries(views: dict[str, Any], limit: int) -> list[Entry]:
    """The latest changes of these tables (table -> view), newest first.

    Where a view leaves rows out, only changes of records that it shows.
    """
    if not views or not has_audit():
        return []
    from demijohn.audit.log import recent

    rows = db.session.scalars(recent(tables=list(views)).limit(limit)).all()
    names = names_of(rows, views)
    shown = [row for row in rows if (row.table, row.key) in names or not leaves_rows_out(views[row.table])]
    return entries_of(shown, views, names)


def leaves_rows_out(view: Any) -> bool:
    """Whether not every record of the view's table is for the eyes of the person asking."""
    return type(view).get_query is not Exporting.get_query or rows_for_me(view.model) is not None


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
        if record is None and (self.is_left_out(key) or (not rows and page == 0)):
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

    def is_left_out(self, key: tuple[Any, ...]) -> bool:
        """Whether there is such a record, but not among those that this view shows.

        To a person who does not see every row, one that is gone is left out too: nobody knows any more whose it was.
        """
        return rows_for_me(self.model) is not None or db.session.get(self.model, key) is not None

    def history_address(self, page: int) -> str:
        return str(self.get_url(".history_view", id=request.args["id"], page=page))

    def title_of(self, record: Any) -> str:
        return str(record) if record is not None else upper_first(f"{self.singular} {request.args['id']}")
