"""Deletes imports that were begun long ago; what they wrote stays."""

from datetime import timedelta
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask

from demijohn import clock
from demijohn.admin.imports.models import AdminImport
from demijohn.admin.jobs.files import section_of
from demijohn.contributions import Job
from demijohn.database.pruning import count, delete_some

TABLE = cast("sa.Table", AdminImport.__table__)


def is_over(app: Any) -> sa.ColumnElement[bool]:
    return TABLE.c.created_at < clock.now() - timedelta(days=section_of(app).jobs_keep_days)


def prune(app: Flask) -> int:
    """Delete old imports, at most a thousand; returns how many."""
    return delete_some(TABLE, is_over(app))


def over(app: Flask) -> int:
    """How many of them there are."""
    return count(TABLE, is_over(app))


PRUNING = Job(name="imports", run=prune, waiting=over, prunes=True)
