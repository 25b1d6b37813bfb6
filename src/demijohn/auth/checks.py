"""Questions about accounts that `flask check --deploy` asks."""

from collections.abc import Iterable

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from demijohn.auth.extension import auth_of
from demijohn.auth.models import user_class
from demijohn.contributions import Check, Problem
from demijohn.database.base import db
from demijohn.state import state_of


def check_superuser(app: Flask) -> Iterable[Problem]:
    """Whether anybody can administer the application."""
    del app
    user = user_class()
    try:
        found = db.session.scalar(sa.select(user.id).where(user.is_active, user.is_superuser).limit(1))
    except SQLAlchemyError:  # not migrated yet: the migrations battery says so
        db.session.rollback()
        return
    if found is None:
        yield Problem(
            id="auth.W001",
            level="warning",
            text="there is no active superuser, so nobody can administer the application.",
            fix="flask user create EMAIL --superuser",
        )


def check_password_rules(app: Flask) -> Iterable[Problem]:
    section = auth_of(app).section
    if section.password_min_length < 15:
        yield Problem(
            id="auth.W002",
            level="warning",
            text=f"passwords of {section.password_min_length} characters are accepted; under 15 are easy to guess.",
            fix="FLASK_AUTH__PASSWORD_MIN_LENGTH=15",
        )
    if section.hash_memory_kib * section.hash_passes < 19_456 * 2:
        yield Problem(
            id="auth.W003",
            level="warning",
            text=f"password hashes take {section.hash_memory_kib} KiB and {section.hash_passes} passes, which is weak.",
            fix="FLASK_AUTH__HASH_MEMORY_KIB=19456 FLASK_AUTH__HASH_PASSES=2",
        )


def check_companions(app: Flask) -> Iterable[Problem]:
    """What people miss when a battery that auth works with is off."""
    state = state_of(app)
    if not state.has("mail"):
        yield Problem(
            id="auth.I001",
            level="info",
            text="mail is off, so nobody can reset a forgotten password without an administrator.",
            fix="FLASK_FEATURES__MAIL=true",
        )
    if not state.has("sessions"):
        yield Problem(
            id="auth.W004",
            level="warning",
            text="sessions are kept in the cookie only: a copy of it stays valid after sign-out.",
            fix="FLASK_FEATURES__SESSIONS=true",
        )


CHECKS = (
    Check(name="auth.superuser", run=check_superuser, deploy=True),
    Check(name="auth.password_rules", run=check_password_rules, deploy=True),
    Check(name="auth.companions", run=check_companions, deploy=True),
)
