"""The notice that a job has ended, on the next page its owner opens, and the bar of one that runs.

The session holds the jobs to tell of, so that people without any cost no statement.
"""

import sqlalchemy as sa
from flask import has_request_context, session

from demijohn.admin.jobs.models import AdminJob
from demijohn.admin.jobs.queue import AT_ONCE, FOLLOWED
from demijohn.admin.jobs.table import OPEN
from demijohn.auth.access import current_user
from demijohn.database.base import db


def followed_jobs() -> list[AdminJob]:
    """The jobs of this session to tell of on this page; one that has ended is told of once."""
    if not has_request_context() or not session.get(FOLLOWED) or not current_user.is_authenticated:
        return []
    ids = [key for key in session[FOLLOWED] if isinstance(key, int)]
    wanted = sa.select(AdminJob).where(AdminJob.id.in_(ids), AdminJob.owner_id == current_user.id)
    jobs = list(db.session.scalars(wanted.order_by(AdminJob.id)))
    session[FOLLOWED] = [job.id for job in jobs if job.state in OPEN]
    return jobs


def worth_following(job_id: int) -> None:
    session[FOLLOWED] = [*session.get(FOLLOWED, []), job_id][-AT_ONCE:]


def no_longer_follow(job_id: int) -> None:
    if job_id in session.get(FOLLOWED, []):
        session[FOLLOWED] = [key for key in session[FOLLOWED] if key != job_id]
