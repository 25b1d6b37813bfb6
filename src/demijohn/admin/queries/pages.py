"""The pages of saved queries: which there are, their answers, and the form where they are written and tried."""

from typing import Any

from flask import Response, abort, flash, redirect, request
from flask_admin import BaseView, expose

from demijohn import clock
from demijohn.admin.access import turn_away
from demijohn.admin.board.tables import title_of
from demijohn.admin.digests import is_unchanged, record_digest
from demijohn.admin.exports.formats import FORMATS
from demijohn.admin.ownpages import Part
from demijohn.admin.queries.access import may_see, may_write, seen_queries
from demijohn.admin.queries.answers import QueryRefused, for_readers
from demijohn.admin.queries.forms import QueryForm, located
from demijohn.admin.queries.models import SavedQuery
from demijohn.admin.queries.parameters import is_day, names_in
from demijohn.admin.queries.running import run
from demijohn.admin.queries.showing import kinds, part_of
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.database.base import db
from demijohn.security.disposition import attachment

PARAMETER = "p-"
"""Before the names of parameters in addresses and forms."""
TRY = "try"
NAMES = ("title", "description", "sql", "shown_as", "permission", "is_on_board")
INVALID, CONFLICT = 422, 409


class QueriesPage(BaseView):
    """For staff: each query for people who may see its answer, and all of them for people who write them."""

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self, *args, **kwargs)

    @expose("/")
    def index(self) -> Any:
        """The queries whose answers one may see."""
        return self.render("admin/queries/list.html", queries=seen_queries(), kinds=kinds(), may_write=may_write())

    @expose("/<int:query_id>/")
    def answer(self, query_id: int) -> Any:
        """What a query answers; first what it asks, if it asks for anything."""
        query = self.found(query_id)
        part = refused = None
        if not names_in(query.sql) or any(name.startswith(PARAMETER) for name in request.args):
            try:
                csv_url = self.get_url(".file", query_id=query.id, **parameters_in_address())
                part = part_of(query.shown_as, query.title, run(query.sql, asked(query.sql), of=query), csv_url=csv_url)
            except QueryRefused as fault:
                refused = located(fault, query.sql) if may_write() else for_readers(fault)
        return self.render(
            "admin/queries/answer.html",
            query=query,
            part=part,
            refused=refused,
            parameters=parameters_of(query.sql),
            may_write=may_write(),
        )

    @expose("/<int:query_id>/csv/")
    def file(self, query_id: int) -> Any:
        """The rows as CSV, in cells that no spreadsheet runs."""
        query = self.found(query_id)
        try:
            answer = run(query.sql, asked(query.sql), of=query)
        except QueryRefused as fault:
            flash(for_readers(fault), "error")
            return redirect(self.get_url(".answer", query_id=query.id, **parameters_in_address()))
        chunks = FORMATS["csv"].chunks(answer.names, [title_of(n) for n in answer.names], map(list, answer.rows))
        name = f"{query.title}_{clock.now():%Y-%m-%d_%H-%M-%S}.csv".replace(" ", "_")
        headers = {"Content-Disposition": attachment(name), "X-Content-Type-Options": "nosniff"}
        return Response(b"".join(chunks), mimetype=FORMATS["csv"].mimetype, headers=headers)

    @expose("/new/", methods=("GET", "POST"))
    def new(self) -> Any:
        if not may_write():
            return turn_away()
        return self.written(SavedQuery())

    @expose("/<int:query_id>/edit/", methods=("GET", "POST"))
    def edit(self, query_id: int) -> Any:
        """The form of a query: tried, or saved once the database takes it; 409 if somebody changed it meanwhile."""
        if not may_write():
            return turn_away()
        return self.written(self.found(query_id))

    @expose("/<int:query_id>/delete/", methods=("POST",))
    def delete(self, query_id: int) -> Any:
        if not may_write():
            return turn_away()
        db.session.delete(self.found(query_id))
        db.session.commit()
        flash(gettext("The query was deleted."), "success")
        return redirect(self.get_url(".index"))

    def found(self, query_id: int) -> SavedQuery:
        """The query; 404 if it is not for the person asking."""
        query = db.session.get(SavedQuery, query_id) if query_id < 2**63 else None
        return query if query is not None and may_see(query) else abort(404)

    def written(self, query: SavedQuery) -> Any:
        """The form, what it asks for; an answer below it if it was tried."""
        if request.method == "GET":
            return self.form_page(QueryForm(obj=query if query.id else None), query)
        form = QueryForm(request.form)
        is_tried = TRY in request.form
        is_right = form.validate()
        part = self.tried(form, is_tried=is_tried) if is_right or (is_tried and not form.sql.errors) else None
        if is_tried:
            form.title.errors = ()
            return self.form_page(form, query, part=part), INVALID if form.sql.errors else 200
        if form.errors:
            return self.form_page(form, query), INVALID
        if query.id:
            db.session.refresh(query, with_for_update=True)  # only now: an entry in the log waits for nobody's lock
        if query.id and not is_unchanged(query, NAMES, request.form.getlist("record_digest")):
            form.form_errors.append(
                gettext("Somebody changed this query since it was shown to you. Save to replace it.")
            )
            return self.form_page(form, query, theirs=query.sql), CONFLICT
        return self.saved(form, query)

    def tried(self, form: QueryForm, *, is_tried: bool) -> Part | None:
        """The answer; its fault stands at the field. A query that is slow may be saved."""
        sql = form.sql.data or ""
        try:
            return part_of(form.shown_as.data or "table", form.title.data or "", run(sql, asked(sql)))
        except QueryRefused as fault:
            if is_tried or not fault.is_late:
                form.sql.errors = (*form.sql.errors, located(fault, sql))
            return None

    def saved(self, form: QueryForm, query: SavedQuery) -> Any:
        for name in NAMES:
            setattr(query, name, form[name].data)
        query.author_id = current_user.id
        db.session.add(query)
        db.session.commit()
        flash(gettext("The query was saved."), "success")
        return redirect(self.get_url(".answer", query_id=query.id))

    def form_page(
        self, form: QueryForm, query: SavedQuery, *, part: Part | None = None, theirs: str | None = None
    ) -> Any:
        page = self.render(
            "admin/queries/form.html",
            form=form,
            query=query if query.id else None,
            part=part,
            theirs=theirs,
            parameters=parameters_of(form.sql.data or ""),
            record_digest=record_digest(query, NAMES) if query.id else None,
        )
        db.session.rollback()
        return page


def parameters_of(sql: str) -> list[tuple[str, str, str, bool]]:
    """Name in the form, label, what was given and whether it is a day, of each parameter."""
    given = asked(sql)
    return [(PARAMETER + name, title_of(name), given[name] or "", is_day(name)) for name in names_in(sql)]


def parameters_in_address() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name.startswith(PARAMETER)}


def asked(sql: str) -> dict[str, str | None]:
    """What was given for the parameters; None for nothing."""
    return {name: request.values.get(PARAMETER + name, "").strip() or None for name in names_in(sql)}
