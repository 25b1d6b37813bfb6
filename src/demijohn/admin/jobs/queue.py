"""The door to the queue: a job joins it with the caller's transaction, and starts once that commits."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, session

from demijohn.admin.jobs.models import AdminJob
from demijohn.admin.jobs.runner import jobs_of
from demijohn.admin.jobs.table import OPEN
from demijohn.admin.words import gettext
from demijohn.auth.access import current_user
from demijohn.auth.guards import Refused
from demijohn.auth.login import ACTOR
from demijohn.database.base import db

AT_ONCE = 10
"""Jobs that one person may have waiting or running; our choice."""

FOLLOWED = "admin_jobs"
"""The session's key for the jobs whose end this person is to be told."""


def enqueue(kind: str, arguments: Mapping[str, Any], *, title: str, total: int | None = None) -> AdminJob:
    """Add a job of the person asking to `db.session`; it is done if the caller commits, and never if not.

    Args:
        kind: the name under which its function was added to `jobs_of(app)`.
        arguments: what the function finds in `work.arguments`; plain JSON.
        title: what it is, for people: `Export of Orders`.
        total: how many steps it has, if that is known.

    Raises:
        Refused: the person has too much waiting already.
        LookupError: there is no such kind.
        TypeError: an argument is not plain JSON.
    """
    jobs = jobs_of(current_app)
    if kind not in jobs.kinds:
        raise LookupError(f"there is no kind of job named {kind!r}.")
    plain = json.loads(json.dumps(dict(arguments)))
    waiting = sa.select(sa.func.count()).select_from(AdminJob)
    mine = waiting.where(AdminJob.owner_id == current_user.id, AdminJob.state.in_(OPEN))
    if (db.session.scalar(mine) or 0) >= AT_ONCE:
        raise Refused(gettext("You have %(count)d jobs waiting already. Let some end, or cancel them.", count=AT_ONCE))
    actor_id, actor = g.get(ACTOR) or (None, None)
    whose = {"owner_id": current_user.id, "actor_id": actor_id, "actor": actor}
    job = AdminJob(kind=kind, title=title[:255], arguments=plain, total=total, **whose)
    db.session.add(job)
    db.session.flush()
    session[FOLLOWED] = [*session.get(FOLLOWED, []), job.id][-AT_ONCE:]
    jobs.watch_commit()
    return job
