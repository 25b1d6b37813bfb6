"""CSV export: rows go out as the database gives them, 500 at a time, in a session of their own.

A plain list is read as rows, without making objects of them; related records are named once per 500 rows.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, stream_with_context
from flask_admin import expose
from sqlalchemy.orm import Session
from werkzeug.utils import secure_filename

from demijohn import clock
from demijohn.admin.formatting import cell_text
from demijohn.admin.kinds import attribute_of, column_of, mapper_of, to_one_relations
from demijohn.admin.pages import RecordPages
from demijohn.admin.scoping import HIDDEN, rows_for_me
from demijohn.state import state_of

AT_A_TIME = 500
RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet run a cell.

Source:
    OWASP, CSV Injection.
"""


def safe_cell(value: Any) -> Any:
    """A cell that a spreadsheet shows and does not run; numbers stay numbers."""
    text = cell_text(value)
    if not isinstance(text, str) or _is_number(text):
        return text
    return f"'{text}" if text.lstrip(" ").startswith(RUN_BY_SPREADSHEETS) else text


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to read and how its columns become cells.

    Attributes:
        statement: the rows of the list, sorted and filtered.
        names: attributes in the order of the cells.
        relations: those of them that are related records -> (mapped class, position of the key in the row).
        conditions: what a related record must meet to be named, where not all are for the person asking.
    """

    statement: Any
    names: list[str]
    relations: dict[str, tuple[type, int]]
    conditions: dict[type, Any]


class Exporting(RecordPages):
    """Flask-Admin's export page, streamed."""

    @expose("/export/<export_type>/")
    def export(self, export_type: str) -> Any:
        """What the list shows, as a file; recorded by the audit."""
        if not self.can_export or export_type not in self.export_types:
            abort(404)
        if export_type != "csv":
            return super().export(export_type)
        args = self._get_list_extra_args()
        sort = self._get_column_by_idx(args.sort)
        query = self.list_query(args.search, args.filters)
        self.record_export(query, args)
        query, _ = self._apply_sorting(query, {}, sort[0] if sort else None, args.sort_desc)
        if self.export_max_rows:
            query = query.limit(self.export_max_rows)
        return self.csv_response(self.rows_of(query))

    def csv_response(self, rows: Iterator[list[Any]]) -> Response:
        name = secure_filename(f"{self.name}_{clock.now():%Y-%m-%d_%H-%M-%S}.csv")
        titles = [str(title) for _, title in self.permitted_export()]
        headers = {"Content-Disposition": f"attachment; filename={name}", "X-Content-Type-Options": "nosniff"}
        chunks = stream_with_context(csv_chunks(titles, rows))
        return Response(chunks, mimetype="text/csv", headers=headers)

    def permitted_export(self) -> list[Any]:
        return [column for column in self._export_columns if self.permits("export", None, str(column[0]))]

    def record_export(self, query: Any, args: Any) -> None:
        """One audit entry, committed before the first row leaves."""
        if not state_of().has("audit"):
            return
        from demijohn.audit.log import record

        count = query.with_entities(sa.func.count()).order_by(None).scalar()
        filters = {str(name): value for _, name, value in args.filters or ()}
        record("export", table=self.table, changes={"rows": count, "search": args.search or "", "filters": filters})
        self.db_session.commit()

    def rows_of(self, query: Any) -> Iterator[list[Any]]:
        """The cells of each row, read in a session of its own while the answer goes out."""
        names = [str(name) for name, _ in self.permitted_export()]
        bind = self.db_session.get_bind(self.model.__mapper__)
        plan = self.plan_for(query, names)
        if plan is not None:
            return plain_rows(bind, plan)
        return self.record_rows(bind, query.options(*self.eager_options()).statement, names)

    def plan_for(self, query: Any, names: list[str]) -> Plan | None:
        """How to read plain rows; None if a column needs the project's own code."""
        relations = to_one_relations(self.model)
        columns: list[Any] = []
        keys: dict[str, tuple[type, int]] = {}
        for position, name in enumerate(names):
            relation = relations.get(name)
            if name in (self.column_formatters_export or {}) or name in self._column_choices_map:
                return None
            if relation is not None and len(relation.local_columns) == 1 and _points_to_key(relation):
                keys[name] = (relation.mapper.class_, position)
                name = attribute_of(self.model, next(iter(relation.local_columns)))  # noqa: PLW2901
            if column_of(self.model, name) is None:
                return None
            columns.append(getattr(self.model, name))
        conditions = {model: rows_for_me(model) for model, _ in keys.values()}
        return Plan(
            statement=query.with_entities(*columns).statement, names=names, relations=keys, conditions=conditions
        )

    def record_rows(self, bind: Any, statement: Any, names: list[str]) -> Iterator[list[Any]]:
        with Session(bind) as session:
            found = session.scalars(statement.execution_options(yield_per=AT_A_TIME))
            for record in found:
                yield [self.get_export_value(record, name) for name in names]
                session.expunge(record)


def _points_to_key(relation: Any) -> bool:
    return tuple(relation.remote_side) == tuple(relation.mapper.primary_key)


def plain_rows(bind: Any, plan: Plan) -> Iterator[list[Any]]:
    with Session(bind) as session:
        rows = session.execute(plan.statement.execution_options(yield_per=AT_A_TIME))
        for part in rows.partitions():
            keys = {name: ({row[at] for row in part} - {None}, cls) for name, (cls, at) in plan.relations.items()}
            titles = {name: titles_of(session, *wanted, plan.conditions[wanted[1]]) for name, wanted in keys.items()}
            for row in part:
                yield [titles[n].get(v) if n in titles else v for n, v in zip(plan.names, row, strict=True)]


def titles_of(session: Session, keys: set[Any], model: type, condition: Any) -> dict[Any, str]:
    """Key -> text of these related records; HIDDEN for those that do not meet the condition, if there is one."""
    if not keys:
        return {}
    (column,) = mapper_of(model).primary_key
    name = attribute_of(model, column)
    wanted: Any = sa.select(model).where(column.in_(keys))
    records: Any = session.scalars(wanted if condition is None else wanted.where(condition)).unique()
    found = {} if condition is None else dict.fromkeys(keys, HIDDEN)
    found |= {getattr(record, name): str(record) for record in records}
    session.expunge_all()
    return found


def csv_chunks(titles: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    """CSV text, 500 rows at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([safe_cell(title) for title in titles])
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe_cell(value) for value in row])
        if number % AT_A_TIME == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
