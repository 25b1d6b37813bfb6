"""What people see of their jobs: a list, a page with the progress, the same as JSON, and the files that came of it."""

from typing import Any

import sqlalchemy as sa
from flask import Response, abort, current_app, flash, jsonify, redirect, request, stream_with_context
from flask_admin import BaseView, expose

from demijohn.admin.access import may
from demijohn.admin.jobs.files import fetchable, read_file
from demijohn.admin.jobs.models import AdminJob
from demijohn.admin.jobs.notices import no_longer_follow, worth_following
from demijohn.admin.jobs.runner import jobs_of
from demijohn.admin.jobs.table import OPEN, cancel, queue_again
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.database.base import db
from demijohn.security.disposition import attachment

SHOWN = 100
WORDS = {
    "queued": "Waiting",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "interrupted": "Interrupted",
    "cancelled": "Cancelled",
}


class JobsPage(BaseView):
    """Everybody's own jobs; a superuser sees all."""

    def is_visible(self) -> bool:
        return bool(getattr(current_user, "is_superuser", False))

    @expose("/")
    def index(self) -> Any:
        """The latest jobs, newest first."""
        wanted = sa.select(AdminJob).order_by(AdminJob.id.desc()).limit(SHOWN)
        if not current_user.is_superuser:
            wanted = wanted.where(AdminJob.owner_id == current_user.id)
        jobs = list(db.session.scalars(wanted))
        return self.render("admin/jobs/list.html", jobs=jobs, words=WORDS, **self.what_can_be_done())

    @expose("/<int:job_id>/")
    def job(self, job_id: int) -> Any:
        """One job, and what can be done about it."""
        job = self.found(job_id)
        if job.state not in OPEN:
            no_longer_follow(job.id)
        return self.render("admin/jobs/job.html", job=job, words=WORDS, **self.what_can_be_done())

    def what_can_be_done(self) -> dict[str, Any]:
        kinds = jobs_of(current_app).kinds

        def has(name: str, job: AdminJob) -> bool:
            return job.state in {"failed", "interrupted", "cancelled"} and bool(
                getattr(kinds.get(job.kind), name, False)
            )

        return {
            "can_go_on": lambda job: has("goes_on", job) and bool(job.kept),
            "can_repeat": lambda job: has("can_repeat", job),
            "is_open": lambda job: job.state in OPEN,
        }

    @expose("/<int:job_id>/status/")
    def status(self, job_id: int) -> Any:
        """How far it is, for scripts: asked again while it is open."""
        job = self.found(job_id)
        return jsonify(
            id=job.id,
            state=job.state,
            word=WORDS[job.state],
            is_open=job.state in OPEN,
            done=job.done,
            total=job.total,
            message=job.message,
            title=job.title,
            result_url=job.result_url,
            result_label=job.result_label,
        )

    @expose("/<int:job_id>/cancel/", methods=("POST",))
    def cancel(self, job_id: int) -> Any:
        """Ask it to stop."""
        job = self.found(job_id)
        with db.engine.begin() as connection:
            was_open = cancel(connection, job.id)
        flash(gettext("It will stop at its next step.") if was_open else gettext("It had ended already."), "info")
        return redirect(self.get_url(".job", job_id=job_id))

    @expose("/<int:job_id>/again/", methods=("POST",))
    def again(self, job_id: int) -> Any:
        """Queue it again: `mode=continue` from where it stopped, else from the start. Only its owner may."""
        job, jobs = self.found(job_id), jobs_of(current_app)
        kind = jobs.kinds.get(job.kind)
        goes_on = request.form.get("mode") == "continue"
        if kind is None or job.owner_id != current_user.id or not (kind.goes_on if goes_on else kind.can_repeat):
            abort(403)
        with db.engine.begin() as connection:
            was_queued = queue_again(connection, job.id, goes_on=goes_on)
        if was_queued:
            worth_following(job.id)
            jobs.watch_commit()
            db.session.commit()
        flash(gettext("Queued again.") if was_queued else gettext("It is not stopped."), "info")
        return redirect(self.get_url(".job", job_id=job_id))

    @expose("/files/<int:file_id>/")
    def file(self, file_id: int) -> Any:
        """A private file, for its owner, as long as they may still have it; gone once it has expired."""
        file = fetchable(file_id) if file_id < 2**63 else None
        is_for_me = file is not None and (file.owner_id == current_user.id or current_user.is_superuser)
        if file is None or not is_for_me:
            abort(404)
        if file.permission and not may(file.permission):
            abort(403)
        headers = {
            "Content-Disposition": attachment(file.name),
            "Content-Length": str(file.size),
            "X-Content-Type-Options": "nosniff",
        }
        return Response(stream_with_context(read_file(file.id)), mimetype=file.mimetype, headers=headers)

    def found(self, job_id: int) -> AdminJob:
        """The job, if it is for the eyes of the person asking; else 404."""
        job = db.session.get(AdminJob, job_id) if job_id < 2**63 else None
        if job is None or (job.owner_id != current_user.id and not current_user.is_superuser):
            abort(404)
        return job
