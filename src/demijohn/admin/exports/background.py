"""Exports that are prepared in the background: a private file in the end, for as long as the settings say."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import current_app, url_for

from demijohn.admin.exports.formats import FORMATS
from demijohn.admin.exports.rows import rows_of
from demijohn.admin.jobs.files import write_file
from demijohn.admin.jobs.queue import enqueue
from demijohn.admin.jobs.runner import JobKind
from demijohn.admin.jobs.work import Work
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.auth.guards import Refused

KIND = "admin.export"


def export_later(view: Any, export_type: str, *, query: str, keys: list[str], total: int) -> int:
    """Queue an export of what this query string shows, or of these records; the id of the job. The caller commits."""
    arguments = {"view": view.endpoint, "type": export_type, "query": query, "keys": keys}
    title = f"Export of {view.name} ({FORMATS[export_type].label})"
    return enqueue(KIND, arguments, title=title, total=total).id


def view_named(endpoint: str) -> Any:
    """The view of this endpoint, built.

    Raises:
        Refused: there is none any more.
    """
    views = current_app.extensions["admin"][0].model_views()
    found = next((view for view in views if view.endpoint == endpoint), None)
    if found is None:
        raise Refused(gettext("The dashboard does not have this list any more."))
    found.build()
    return found


def run(work: Work) -> None:
    """Read the rows afresh, with what the owner may see now, into a file."""
    view, kind = view_named(work.arguments["view"]), work.arguments["type"]
    if not view.is_accessible() or not view.can_export:
        raise Refused(gettext("You may not export %(what)s any more.", what=view.name))
    plan = view.export_plan(work.arguments["keys"])
    work.total = plan.count
    view.record_export(plan, kind)
    rows = counted(work, rows_of(view, plan.query, plan.names))
    work.say(f"Writing {plan.count:,} rows")
    file_id = write_file(
        FORMATS[kind].chunks(plan.names, plan.titles, rows),
        owner_id=current_user.id,
        name=view.export_name(kind),
        mimetype=FORMATS[kind].mimetype,
        permission=f"{view.table}.export",
    )
    work.message = f"{work.done:,} rows are ready to be fetched."
    work.result_url, work.result_label = url_for("admin-jobs.file", file_id=file_id), "Download"


def counted(work: Work, rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """The same rows, each counted as it passes."""
    work.done = 0
    for row in rows:
        yield row
        work.step()


EXPORT_JOB = JobKind(name=KIND, run=run)
