"""Deletes invitations that were accepted, revoked or missed long ago."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from demijohn import clock
from demijohn.auth.extension import auth_of
from demijohn.auth.invitations.models import Invitation
from demijohn.database.pruning import count, delete_some

TABLE: sa.Table = Invitation.metadata.tables[Invitation.__tablename__]


def prune(app: Flask) -> int:
    """Delete at most a thousand; returns how many. One that can still be accepted is never among them."""
    return delete_some(TABLE, is_old(app))


def old(app: Flask) -> int:
    """How many there are."""
    return count(TABLE, is_old(app))


def is_old(app: Flask) -> sa.ColumnElement[bool]:
    return TABLE.c.expires_at <= clock.now() - timedelta(days=auth_of(app).section.invitations_keep_days)
