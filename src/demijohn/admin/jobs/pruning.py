"""Deletes jobs that ended long ago, and private files that have expired."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from demijohn import clock
from demijohn.admin.jobs.files import FILES, section_of
from demijohn.admin.jobs.table import COLUMNS, OPEN, TABLE
from demijohn.contributions import Job
from demijohn.database.pruning import count, delete_some


def is_over(app: Any) -> sa.ColumnElement[bool]:
    before = clock.now() - timedelta(days=section_of(app).jobs_keep_days)
    return sa.and_(COLUMNS.state.not_in(OPEN), COLUMNS.created_at < before)


def has_expired() -> sa.ColumnElement[bool]:
    return FILES.c.expires_at < clock.now()


def prune_jobs(app: Flask) -> int:
    """Delete jobs done with, at most a thousand; returns how many."""
    return delete_some(TABLE, is_over(app))


def jobs_over(app: Flask) -> int:
    """How many of them there are."""
    return count(TABLE, is_over(app))


def prune_files(app: Flask) -> int:
    """Delete expired files, ten at a time because each may be large; returns how many."""
    del app
    return delete_some(FILES, has_expired(), batch=10)


def files_expired(app: Flask) -> int:
    """How many of them there are."""
    del app
    return count(FILES, has_expired())


JOBS = (
    Job(name="background jobs", run=prune_jobs, waiting=jobs_over, prunes=True),
    Job(name="expired files of the dashboard", run=prune_files, waiting=files_expired, prunes=True),
)
