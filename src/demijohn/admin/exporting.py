"""Export pages: which columns and which kind of file; the rows go out as the database gives them."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Response, abort, flash, redirect, request, stream_with_context
from flask_admin import expose

from demijohn import clock
from demijohn.admin.actions import action
from demijohn.admin.addresses import with_arguments
from demijohn.admin.exports.background import export_later
from demijohn.admin.exports.formats import FORMATS
from demijohn.admin.exports.rows import rows_of
from demijohn.admin.jobs.files import section_of
from demijohn.admin.keys import key_text, parse_keys
from demijohn.admin.kinds import mapper_of
from demijohn.admin.pages import RecordPages
from demijohn.admin.words import gettext
from demijohn.auth.guards import Refused
from demijohn.security.disposition import attachment
from demijohn.state import state_of

AT_ONCE = 500
"""Chosen records that one export takes; our choice."""
WHOLE_IN_A_REQUEST = 10_000
"""Rows of a file that is made before it leaves; more are done in the background. Our choice."""


@dataclass(frozen=True, kw_only=True)
class ExportPlan:
    """What is about to leave.

    Attributes:
        query: the rows, sorted, filtered and limited.
        names, titles: its columns, as far as the person asking may export them.
        count: how many rows.
        asked: search, filters and number of chosen records, as the audit keeps them.
    """

    query: Any
    names: list[str]
    titles: list[str]
    count: int
    asked: dict[str, Any]


class Exporting(RecordPages):
    """Flask-Admin's export, streamed, with a page to choose on.

    Attributes:
        export_types: the kinds of file offered; `xlsx` is left out without its library.
    """

    export_types = ("csv", "xlsx", "json", "jsonl")
    export_template = "admin/exports/choose.html"

    @expose("/export/")
    def export_page(self) -> Any:
        """Which columns, and which kind of file."""
        if not self.can_export:
            abort(404)
        return self.export_choice([])

    def export_choice(self, keys: list[str]) -> Any:
        """The page to choose on; for these records, or for what the list shows."""
        plan = self.export_plan(keys)
        kept = [(name, value) for name, value in request.args.items(multi=True) if name != "columns"]
        return self.render(
            self.export_template,
            columns=[(str(name), str(title), str(name) in plan.names) for name, title in self.permitted_export()],
            formats=self.offered_formats(),
            count=plan.count,
            kept=[] if keys else kept,
            keys=keys,
            is_narrowed=bool(plan.asked["search"] or plan.asked["filters"]),
            most_rows=section_of().export_max_rows,
            return_url=self.get_url(".index_view") if keys else with_arguments(self.get_url(".index_view")),
        )

    @expose("/export/<export_type>/", methods=("GET", "POST"))
    def export(self, export_type: str) -> Any:
        """What the list shows, or the chosen records of a POST, as a file; recorded by the audit."""
        if not self.can_export or export_type not in self.export_types:
            abort(404)
        if export_type not in FORMATS:
            return super().export(export_type)
        kind = FORMATS[export_type]
        if not kind.is_there:
            abort(404, description='Workbooks need openpyxl: pip install "demijohn[excel]"')
        keys = request.form.getlist("rowid")[:AT_ONCE]
        plan = self.export_plan(keys)
        if self.is_too_much(plan, kind.most_rows):
            return redirect(with_arguments(self.get_url(".export_page")))
        if "background" in request.values or (kind.is_whole and plan.count > WHOLE_IN_A_REQUEST):
            return self.prepare(export_type, keys, plan)
        self.record_export(plan, export_type)
        chunks = stream_with_context(kind.chunks(plan.names, plan.titles, rows_of(self, plan.query, plan.names)))
        headers = {
            "Content-Disposition": attachment(self.export_name(export_type)),
            "X-Content-Type-Options": "nosniff",
        }
        return Response(chunks, mimetype=kind.mimetype, headers=headers)

    def is_too_much(self, plan: ExportPlan, most_in_file: int | None) -> bool:
        """Whether that many rows may not leave at once; if so, the person is told."""
        limits = [limit for limit in (section_of().export_max_rows, most_in_file) if limit]
        if not limits or plan.count <= min(limits):
            return False
        said = {"count": f"{plan.count:,}", "most": f"{min(limits):,}"}
        flash(
            gettext("These are %(count)s rows, and %(most)s may leave at once. Narrow the list first.", **said), "error"
        )
        return True

    def prepare(self, export_type: str, keys: list[str], plan: ExportPlan) -> Any:
        """Leave it to a job, and show how far that is."""
        query = urlencode([(n, v) for n, v in request.values.items(multi=True) if n not in {"csrf_token", "rowid"}])
        try:
            job_id = export_later(self, export_type, query=query, keys=keys, total=plan.count)
        except Refused as refused:
            self.db_session.rollback()
            flash(str(refused), "error")
            return redirect(with_arguments(self.get_url(".export_page")))
        self.db_session.commit()
        return redirect(self.get_url("admin-jobs.job", job_id=job_id))

    def export_plan(self, keys: list[str]) -> ExportPlan:
        """What the list of this address holds, or these of its records."""
        args = self._get_list_extra_args()
        sort = self._get_column_by_idx(args.sort)
        query = self.list_query(None if keys else args.search, None if keys else args.filters)
        if keys:
            query = query.filter(self.is_one_of(keys))
        key = mapper_of(self.model).primary_key[0]
        count = int(query.with_entities(sa.func.count(key)).order_by(None).scalar() or 0)
        query, _ = self._apply_sorting(query, {}, sort[0] if sort else None, args.sort_desc)
        if self.export_max_rows:
            query, count = query.limit(self.export_max_rows), min(count, self.export_max_rows)
        chosen = self.chosen_columns()
        filters = {} if keys else {str(name): value for _, name, value in args.filters or ()}
        return ExportPlan(
            query=query,
            names=[str(name) for name, _ in chosen],
            titles=[str(title) for _, title in chosen],
            count=count,
            asked={"search": "" if keys else args.search or "", "filters": filters, "chosen": len(keys)},
        )

    def is_one_of(self, keys: list[str]) -> Any:
        columns = mapper_of(self.model).primary_key
        values = parse_keys(self.model, keys)
        if len(columns) == 1:
            return columns[0].in_([key for (key,) in values])
        return sa.or_(sa.false(), *(sa.and_(*self.key_is(key)) for key in values))

    def chosen_columns(self) -> list[Any]:
        """The columns that the address names (`columns=name,total`), in its order; all of them if it names none."""
        permitted = {str(column[0]): column for column in self.permitted_export()}
        asked = [name for value in request.values.getlist("columns") for name in value.split(",")]
        chosen = [permitted[name] for name in dict.fromkeys(asked) if name in permitted]
        return chosen or list(permitted.values())

    def permitted_export(self) -> list[Any]:
        return [column for column in self._export_columns if self.permits("export", None, str(column[0]))]

    def offered_formats(self) -> list[tuple[str, str, bool]]:
        """Name, label and whether it can be had, of each kind of file of this view."""
        known = [(name, FORMATS[name]) for name in self.export_types if name in FORMATS]
        others = [(name, name.upper(), True) for name in self.export_types if name not in FORMATS]
        return [(name, kind.label, kind.is_there) for name, kind in known] + others

    def export_name(self, export_type: str) -> str:
        return f"{self.name}_{clock.now():%Y-%m-%d_%H-%M-%S}.{export_type}".replace(" ", "_")

    def record_export(self, plan: ExportPlan, export_type: str) -> None:
        """One audit entry, committed before the first row leaves."""
        if not state_of().has("audit"):
            return
        from demijohn.audit.log import record

        what = {"rows": plan.count, "type": export_type, "columns": ", ".join(plan.names), **plan.asked}
        record("export", table=self.table, changes={name: value for name, value in what.items() if value != 0})
        self.db_session.commit()
        self.permits("export")  # loads the person again, for as long as the answer's context stays open

    @action("export", "Export", permission="export")
    def action_export(self, ids: Any) -> Any:
        """Choose columns and kind of file for the chosen records."""
        records = [self.get_one(key) for key in list(ids)[:AT_ONCE]]
        page = self.export_choice([key_text(record) for record in records if record is not None])
        self.db_session.rollback()
        return page
