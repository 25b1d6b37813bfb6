"""The check of a whole file, which changes nothing, and the write of what it found; a hundred rows at a time."""

import contextlib
import itertools
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import sqlalchemy as sa
from flask import g, url_for
from sqlalchemy.exc import DBAPIError

from demijohn import clock
from demijohn.admin.exports.background import view_named
from demijohn.admin.imports.bounds import UnreadableError
from demijohn.admin.imports.models import AdminImport
from demijohn.admin.imports.outcomes import NOTHING, Outcome, counted, lines, problem_file, read_lines
from demijohn.admin.imports.reading import Table, open_table
from demijohn.admin.imports.trying import Rows
from demijohn.admin.jobs.files import chunks_from, fetchable, read_file, write_file
from demijohn.admin.jobs.runner import JobKind
from demijohn.admin.jobs.work import StoppedError, Work
from demijohn.admin.words import gettext
from demijohn.auth.guards import Refused
from demijohn.database.base import db
from demijohn.database.busy import why_unavailable
from demijohn.state import state_of

CHECK, WRITE = "admin.import.check", "admin.import.write"
AT_A_TIME = 100
IN_A_REQUEST = 200
"""Rows that are checked or written while somebody waits; more are left to a job. Our choice."""

Chunk = list[tuple[int, list[str]]]
GONE = "The uploaded file has expired. Upload it again."


class WholeRefusedError(Exception):
    """A row of an import of all or nothing can't be written."""


@contextlib.contextmanager
def uploaded(file_id: int | None) -> Iterator[IO[bytes]]:
    """The upload, open for reading and seeking.

    Raises:
        Refused: it is gone.
    """
    if file_id is None or fetchable(file_id) is None:
        raise Refused(GONE)
    with tempfile.SpooledTemporaryFile(max_size=2**20) as file:
        for part in read_file(file_id):
            file.write(part)
        yield file


def chunks_of(rows: Iterable[tuple[int, list[str]]]) -> Iterator[Chunk]:
    left = iter(rows)
    while chunk := list(itertools.islice(left, AT_A_TIME)):
        yield chunk


class Passing:
    """One pass over a file: counts what its rows do, and keeps those to correct."""

    def __init__(self, view: Any, job: AdminImport, work: Work | None) -> None:
        self.view = view
        self.import_id = job.id
        self.owner_id = job.owner_id
        self.name = job.file_name.rpartition(".")[0] or job.file_name
        self.headers = job.headers
        self.options = {"encoding": job.encoding, "delimiter": job.delimiter}
        self.file_id = job.file_id
        self.rows = Rows(view=view, mapping=job.mapping, key=job.key, mode=job.mode, width=len(job.headers))
        self.work = work
        self.counts = dict(NOTHING)
        self.problems: list[tuple[list[str], list[str]]] = []

    def note(self, cells: list[str], outcome: Outcome) -> None:
        self.counts = counted(self.counts, outcome)
        if outcome.does == "wrong":
            self.problems.append((cells, outcome.problems))

    def step(self, count: int) -> None:
        if self.work is not None:
            self.work.step(count)

    def problem_file(self) -> int | None:
        """The file of rows to correct; None if there are none."""
        if not self.problems:
            return None
        chunks = problem_file(self.headers, self.problems)
        name = f"{self.name}_to_correct.csv"
        return write_file(chunks, owner_id=self.owner_id, name=name, mimetype="text/csv")

    def forget(self, counts: dict[str, int], problems: int) -> None:
        """Be as before a transaction that was rolled back."""
        self.counts = counts
        del self.problems[problems:]
        self.rows.written.clear()
        self.rows.reader.known.clear()

    def save(self, **values: Any) -> None:
        """Write down where the import is, in a transaction of its own."""
        job = db.session.get(AdminImport, self.import_id)
        for name, value in values.items():
            setattr(job, name, value)
        db.session.commit()


def check(view: Any, job: AdminImport, work: Work | None = None) -> None:
    """Try every row, in transactions that are rolled back, and keep what each would do."""
    one = Passing(view, job, work)
    db.session.rollback()
    with uploaded(one.file_id) as file:
        table = open_table(file, **one.options)
        found_id = write_file(
            lines(tried(one, table)), owner_id=one.owner_id, name="found.jsonl", mimetype="application/x-ndjson",
            permission="admin.access",
        )  # fmt: skip
    one.save(state="checked", counts=one.counts, found_id=found_id, problems_id=one.problem_file(), at_row=0)


def tried(one: Passing, table: Table) -> Iterator[Outcome]:
    """What each row would do; between two of them no transaction is open."""
    for chunk in chunks_of(table.rows):
        outcomes = [one.rows.attempt(row, cells) for row, cells in chunk]
        db.session.rollback()
        one.rows.written.clear()
        for (_, cells), outcome in zip(chunk, outcomes, strict=True):
            one.note(cells, outcome)
            yield outcome
        one.step(len(chunk))


def write(view: Any, job: AdminImport, work: Work | None = None) -> None:
    """Do what the check found; a row whose record was changed since is left for the person to look at."""
    one, is_whole, at_row = Passing(view, job, work), job.is_whole, job.at_row
    found_id = job.found_id
    one.counts = {**NOTHING, **job.counts} if at_row else dict(NOTHING)
    db.session.rollback()
    before, g.request_id = g.get("request_id"), f"import-{one.import_id}"
    try:
        with uploaded(one.file_id) as file:
            table = open_table(file, **one.options)
            expected = read_lines(read_file(found_id or 0))
            pairs = ((row, cells, outcome) for (row, cells), outcome in zip(table.rows, expected, strict=False))
            (write_whole if is_whole else write_in_parts)(one, pairs, at_row)
    finally:
        g.request_id = before


Pairs = Iterator[tuple[int, list[str], Outcome]]
Part = list[tuple[int, list[str], Outcome]]


def write_in_parts(one: Passing, pairs: Pairs, at_row: int) -> None:
    """A hundred rows a transaction, with the number of the last one in it: a restart goes on after that."""
    while part := list(itertools.islice(pairs, AT_A_TIME)):
        left = [pair for pair in part if pair[0] > at_row]
        if left:
            write_part(one, left)
            if one.work is not None:
                one.work.keep(row=left[-1][0])
        one.step(len(left))
        if one.work is not None:
            one.work.renew()
            g.request_id = f"import-{one.import_id}"  # the new context has a `g` of its own
            one.view = one.rows.view = view_named(one.view.endpoint)
    finish(one)


def write_part(one: Passing, left: Part) -> None:
    """Write these rows in one transaction; where another import holds some of them, each in one of its own.

    Who holds one row while waiting for another may be waited for: in one transaction the two might never end.

    Raises:
        DBAPIError: the database is busy still, or it is something else.
    """
    counts, problems = one.counts, len(one.problems)
    try:
        write_rows(one, left)
    except DBAPIError as error:
        db.session.rollback()
        one.forget(counts, problems)
        if why_unavailable(error) != "busy" or len(left) == 1:
            raise
        for pair in left:
            write_part(one, [pair])


def write_rows(one: Passing, left: Part) -> None:
    for pair in left:
        attempt(one, *pair)
    commit(one, state="running", at_row=left[-1][0], counts=one.counts)


def write_whole(one: Passing, pairs: Pairs, at_row: int) -> None:
    """Every row in one transaction, or none."""
    del at_row
    for pair in pairs:
        if attempt(one, *pair).does == "wrong":
            db.session.rollback()
            one.rows.written.clear()
            one.save(state="stopped", problems_id=one.problem_file(), counts={**NOTHING, "wrong": 1})
            raise WholeRefusedError
        one.step(1)
    finish(one)


def attempt(one: Passing, row: int, cells: list[str], expected: Outcome) -> Outcome:
    outcome = expected if expected.does in {"same", "wrong"} else one.rows.attempt(row, cells, expected)
    one.note(cells, outcome)
    return outcome


def commit(one: Passing, **values: Any) -> None:
    """Keep what was written, and call the hooks that come after."""
    one.save(**values)
    for form, record, is_created in one.rows.written:
        one.view.after_model_change(form, record, is_created)
    one.rows.written.clear()
    one.rows.reader.known.clear()


def finish(one: Passing) -> None:
    if state_of().has("audit"):
        from demijohn.audit.log import record

        what = {"import": one.import_id, "file": one.name, **one.counts}
        record("import", table=one.view.table, changes=what)
    commit(one, state="done", counts=one.counts, ended_at=clock.now())
    one.save(problems_id=one.problem_file())


def claim(import_id: int, before: str, after: str) -> bool:
    """Take an import from one state to the next; false if somebody else did."""
    wanted = sa.update(AdminImport).where(AdminImport.id == import_id, AdminImport.state == before).values(state=after)
    with db.engine.begin() as connection:
        return bool(connection.execute(wanted).rowcount)


def job_of(work: Work) -> tuple[Any, AdminImport]:
    job = db.session.get(AdminImport, work.arguments["import"])
    if job is None:
        raise Refused(gettext("This import is gone."))
    view = view_named(job.view)
    if not view.is_accessible() or not view.may_import():
        raise Refused(gettext("You may not import into %(what)s any more.", what=view.name))
    work.total, work.done = job.rows, 0
    work.result_url = url_for(f"{view.endpoint}.import_step", import_id=job.id)
    return view, job


def run_check(work: Work) -> None:
    """The check, as a job."""
    view, job = job_of(work)
    work.result_label = "See what would change"
    work.say("Checking")
    guarded(job.id, "uploaded", lambda: check(view, job, work))
    work.message = "The file was checked; nothing is written yet."


def run_write(work: Work) -> None:
    """The write, as a job."""
    view, job = job_of(work)
    work.result_label = "See what was written"
    work.say("Writing, all rows or none" if job.is_whole else "Writing")
    guarded(job.id, "running", lambda: write(view, job, work))
    work.message = "The file was imported."


def guarded(import_id: int, back_to: str, run: Any) -> None:
    """Run it; if it ends early, the import is where it can be taken up again."""
    try:
        run()
    except WholeRefusedError:
        raise Refused(
            gettext("Nothing was written: somebody changed a record after the check. Check the file again.")
        ) from None
    except UnreadableError as error:
        back(import_id, back_to)
        raise Refused(str(error)) from None
    except (StoppedError, Refused):
        back(import_id, back_to)
        raise


def back(import_id: int, state: str) -> None:
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(sa.update(AdminImport).where(AdminImport.id == import_id).values(state=state))


def store_upload(stream: IO[bytes], *, owner_id: int, name: str) -> int:
    return write_file(chunks_from(stream), owner_id=owner_id, name=name, mimetype="application/octet-stream")


JOBS = (JobKind(name=CHECK, run=run_check), JobKind(name=WRITE, run=run_write, goes_on=True))
