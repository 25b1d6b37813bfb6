"""Import pages: upload, map, look at what would change, write, see what was written."""

import contextlib
import hashlib
import itertools
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request
from flask_admin import expose

from demijohn.admin.cells import Cells
from demijohn.admin.history import has_audit
from demijohn.admin.imports.bounds import UnreadableError
from demijohn.admin.imports.mapping import Target, faults_of, finding_names, guess, read_mapping, targets_of
from demijohn.admin.imports.models import AdminImport
from demijohn.admin.imports.outcomes import read_lines
from demijohn.admin.imports.reading import DELIMITERS, ENCODINGS, open_table
from demijohn.admin.imports.running import (
    CHECK,
    GONE,
    IN_A_REQUEST,
    WRITE,
    WholeRefusedError,
    check,
    claim,
    store_upload,
    uploaded,
    write,
)
from demijohn.admin.imports.undoing import UNDO, undo
from demijohn.admin.jobs.files import fetchable, read_file, section_of
from demijohn.admin.jobs.queue import enqueue
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.auth.guards import Refused

SAMPLE, SHOWN = 5, 50
CONFLICT, INVALID = 409, 422
MODES = ("both", "create", "update")


STEPS: dict[str, tuple[str, str, Any, str]] = {
    CHECK: ("checking", "uploaded", check, "Check"),
    WRITE: ("running", "checked", write, "Import"),
    UNDO: ("undoing", "done", undo, "Undo of the import"),
}
"""Kind of job -> the import's state meanwhile and before, what does it, and what it is called."""


class Importing(Cells):
    """Files into records, with the rules of the forms.

    Attributes:
        can_import: whether files can be imported by people who may create or edit; true unless the view says no.
    """

    can_import = True
    import_upload_template = "admin/imports/upload.html"
    import_map_template = "admin/imports/map.html"
    import_review_template = "admin/imports/review.html"
    import_result_template = "admin/imports/result.html"

    def may_import(self) -> bool:
        """Whether the person asking may import here; which rows, fields and records is asked of each."""
        return bool(self.can_import) and (self.can_create or self.can_edit)

    def require_import(self) -> None:
        if not self.may_import():
            abort(403)

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self) -> Any:
        """Upload a file; 422 if it is no table that can be read."""
        self.require_import()
        problem = None
        if request.method == "POST":
            file = request.files.get("file")
            if file is None or not file.filename:
                problem = gettext("Choose a file.")
            else:
                try:
                    return redirect(self.get_url(".import_step", import_id=self.take_upload(file)))
                except UnreadableError as error:
                    self.db_session.rollback()
                    problem = str(error)
        page = self.render(
            self.import_upload_template,
            problem=problem,
            targets=targets_of(self),
            most_rows=section_of().import_max_rows,
            latest=self.latest_imports(),
            return_url=self.get_url(".index_view"),
        )
        return (page, INVALID) if problem else page

    def take_upload(self, file: Any) -> int:
        """Keep the upload, with its columns mapped as far as they can be guessed; the id of the import.

        Raises:
            UnreadableError: it is no table, or a very long one.
        """
        headers, rows, read_as = self.measured(file.stream)
        file.stream.seek(0)
        digest = hashlib.file_digest(file.stream, "sha256").hexdigest()
        file.stream.seek(0)
        name = str(file.filename)[-200:]
        owner_id = int(current_user.id)
        earlier = self.mapping_before(headers)
        mapping = earlier.mapping if earlier is not None else guess(self, headers, targets_of(self))
        ways = [way for way in finding_names(self.model) if way in mapping.values()]
        key, mode = (earlier.key, earlier.mode) if earlier is not None else (next(iter(ways), ""), "both")
        self.db_session.rollback()
        job = AdminImport(
            owner_id=owner_id, view=self.endpoint, digest=digest, file_name=name, headers=headers, rows=rows,
            mapping=mapping, key=key, mode=mode, file_id=store_upload(file.stream, owner_id=owner_id, name=name),
            **read_as,
        )  # fmt: skip
        self.db_session.add(job)
        self.db_session.commit()
        return job.id

    def measured(self, stream: Any, **read_as: str) -> tuple[list[str], int, dict[str, str]]:
        """Titles and number of the rows, and how the file is read."""
        most = section_of().import_max_rows
        table = open_table(stream, **read_as)
        with contextlib.closing(table.rows) as found:
            rows = sum(1 for _ in itertools.islice(found, most + 1))
        if rows > most:
            raise UnreadableError(f"This file has more than {most:,} rows. Split it.")
        if not rows:
            raise UnreadableError("There is no row below the titles in this file.")
        return table.headers, rows, {"encoding": table.encoding, "delimiter": table.delimiter}

    def mapping_before(self, headers: list[str]) -> AdminImport | None:
        """This person's latest import here of a file with the same titles."""
        mine = sa.select(AdminImport).where(AdminImport.owner_id == current_user.id, AdminImport.view == self.endpoint)
        latest = self.db_session.scalars(mine.order_by(AdminImport.id.desc()).limit(20))
        return next((one for one in latest if one.headers == headers and one.mapping and one.state != "uploaded"), None)

    def latest_imports(self) -> list[AdminImport]:
        mine = sa.select(AdminImport).where(AdminImport.owner_id == current_user.id, AdminImport.view == self.endpoint)
        return list(self.db_session.scalars(mine.order_by(AdminImport.id.desc()).limit(5)))

    @expose("/import/<int:import_id>/")
    def import_step(self, import_id: int) -> Any:
        """Where the import is: the mapping, the job that runs, what would change, or what was written."""
        job = self.found_import(import_id)
        if job.state == "uploaded":
            return self.map_page(job, [])
        if job.state in {"checking", "running", "undoing"} and job.job_id is not None:
            return redirect(self.get_url("admin-jobs.job", job_id=job.job_id))
        if job.state == "checked":
            return self.review_page(job)
        can_undo = job.state == "done" and has_audit() and bool(job.counts.get("new") or job.counts.get("changed"))
        return self.render(self.import_result_template, job=job, can_undo=can_undo, **self.import_files(job))

    def found_import(self, import_id: int) -> AdminImport:
        """The import, if it is this person's and of this list; else 404."""
        self.require_import()
        job: AdminImport | None = self.db_session.get(AdminImport, import_id) if import_id < 2**63 else None
        if job is None or job.owner_id != current_user.id or job.view != self.endpoint:
            abort(404)
        return job

    def map_page(self, job: AdminImport, faults: list[str]) -> Any:
        targets = targets_of(self)
        try:
            with uploaded(job.file_id) as file:
                table = open_table(file, encoding=job.encoding, delimiter=job.delimiter)
                with contextlib.closing(table.rows) as rows:
                    sample = [cells for _, cells in itertools.islice(rows, SAMPLE)]
        except (UnreadableError, Refused) as error:
            sample, faults = [], [*faults, str(error)]
        page = self.render(
            self.import_map_template,
            job=job,
            targets=targets,
            sample=sample,
            faults=faults,
            ways=self.ways(targets),
            encodings=[job.encoding, *(e for e in ENCODINGS if e != job.encoding)] if job.encoding else [],
            delimiters=DELIMITERS if job.encoding else {},
            twin=self.twin_of(job),
            return_url=self.get_url(".index_view"),
        )
        return (page, INVALID) if faults else page

    def ways(self, targets: list[Target]) -> list[tuple[str, str]]:
        labels = {target.name: target.label for target in targets}
        return [(name, labels[name]) for name in finding_names(self.model) if name in labels]

    def twin_of(self, job: AdminImport) -> AdminImport | None:
        """An import of the very same file here that is done."""
        same = sa.select(AdminImport).where(AdminImport.digest == job.digest, AdminImport.view == job.view)
        wanted = same.where(AdminImport.state == "done", AdminImport.id != job.id).order_by(AdminImport.id.desc())
        return self.db_session.scalars(wanted.limit(1)).first()

    @expose("/import/<int:import_id>/map/", methods=("POST",))
    def import_map(self, import_id: int) -> Any:
        """Take the mapping, and check the file; 422 with what is wrong with it."""
        job = self.found_import(import_id)
        if job.state not in {"uploaded", "checked", "stopped"}:
            return redirect(self.get_url(".import_step", import_id=import_id))
        if "again" in request.form:
            return self.read_again(job)
        targets = targets_of(self)
        if "keep" not in request.form:
            job.mapping = read_mapping(request.form, job.headers, targets)
            ways = {name for name, _ in self.ways(targets)}
            job.key = request.form.get("key", "") if request.form.get("key") in ways else ""
            job.mode = request.form.get("mode", "both") if request.form.get("mode") in MODES else "both"
            job.is_whole = "is_whole" in request.form and job.rows <= section_of().import_whole_rows
        faults = faults_of(job.mapping, job.key, job.mode, targets)
        job.state = "uploaded" if faults else "checking"
        self.db_session.commit()
        return self.map_page(job, faults) if faults else self.go_on(job, CHECK)

    def read_again(self, job: AdminImport) -> Any:
        """Read the file with another encoding or delimiter."""
        read_as = {name: request.form.get(name, "") for name in ("encoding", "delimiter")}
        if read_as["encoding"] not in {*ENCODINGS, job.encoding} or read_as["delimiter"] not in DELIMITERS:
            abort(400)
        try:
            with uploaded(job.file_id) as file:
                headers, rows, _ = self.measured(file, **read_as)
        except (UnreadableError, Refused) as error:
            return self.map_page(job, [str(error)])
        job.headers, job.rows, job.state = headers, rows, "uploaded"
        job.encoding, job.delimiter = read_as["encoding"], read_as["delimiter"]
        job.mapping = guess(self, headers, targets_of(self))
        self.db_session.commit()
        return redirect(self.get_url(".import_step", import_id=job.id))

    def go_on(self, job: AdminImport, kind: str) -> Any:
        """Check or write now if it is short, else leave it to a job."""
        import_id, (during, before, run, word) = job.id, STEPS[kind]
        step = self.get_url(".import_step", import_id=import_id)
        try:
            if job.rows > IN_A_REQUEST:
                title = f"{word} of {job.file_name} into {self.name}"
                job.job_id = enqueue(kind, {"import": import_id}, title=title, total=job.rows).id
                self.db_session.commit()
                return redirect(self.get_url("admin-jobs.job", job_id=job.job_id))
            run(self, job)
        except WholeRefusedError:
            return self.import_step(import_id), CONFLICT
        except (Refused, UnreadableError) as error:
            self.db_session.rollback()
            claim(import_id, during, before)
            flash(str(error), "error")
        except Exception:
            self.db_session.rollback()
            claim(import_id, during, before)
            raise
        return redirect(step)

    def review_page(self, job: AdminImport, *, is_late: bool = False) -> Any:
        outcomes = list(itertools.islice(self.found_rows(job), SHOWN))
        page = self.render(
            self.import_review_template,
            job=job,
            outcomes=outcomes,
            twin=self.twin_of(job),
            labels={target.name: target.label for target in targets_of(self)},
            writes=job.counts.get("new", 0) + job.counts.get("changed", 0),
            **self.import_files(job),
        )
        return (page, CONFLICT) if is_late else page

    def found_rows(self, job: AdminImport) -> Any:
        """What the check found, rows that are wrong or change something only."""
        if job.found_id is None or fetchable(job.found_id) is None:
            flash(GONE, "error")
            return iter(())
        return (one for one in read_lines(read_file(job.found_id)) if one.does != "same")

    def import_files(self, job: AdminImport) -> dict[str, Any]:
        there = job.problems_id is not None and fetchable(job.problems_id) is not None
        return {
            "problems_url": self.get_url("admin-jobs.file", file_id=job.problems_id) if there else None,
            "return_url": self.get_url(".index_view"),
        }

    @expose("/import/<int:import_id>/write/", methods=("POST",))
    def import_write(self, import_id: int) -> Any:
        """Write what was checked; 409 if that was done already, or if a record of all-or-nothing was changed since."""
        job = self.found_import(import_id)
        if job.is_whole and job.counts.get("wrong"):
            abort(CONFLICT, description="Rows are wrong, and all are to be written or none.")
        self.db_session.rollback()
        if not claim(import_id, "checked", "running"):
            abort(CONFLICT, description="This was begun already, or has to be checked first.")
        return self.go_on(self.found_import(import_id), WRITE)

    @expose("/import/<int:import_id>/undo/", methods=("POST",))
    def import_undo(self, import_id: int) -> Any:
        """Take the import back as far as nobody has touched its records since; 409 if that was begun already."""
        self.found_import(import_id)
        self.db_session.rollback()
        if not has_audit() or not claim(import_id, "done", "undoing"):
            abort(CONFLICT, description="There is nothing to take back, or that was begun already.")
        return self.go_on(self.found_import(import_id), UNDO)
