"""Questions about second factors that `flask check --deploy` asks."""

from collections.abc import Iterable

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from demijohn.auth.extension import auth_of
from demijohn.auth.factors.registry import holders_of_any
from demijohn.auth.models import user_class
from demijohn.contributions import Check, Problem
from demijohn.database.base import db


def check_policy(app: Flask) -> Iterable[Problem]:
    """Whether staff may go without a second factor."""
    if auth_of(app).section.two_factor.required_of == "nobody":
        yield Problem(
            id="auth.W040",
            level="warning",
            text="no second factor is asked of people who open the dashboard: one guessed password opens it.",
            fix="FLASK_AUTH__TWO_FACTOR__REQUIRED_OF=staff",
        )


def check_superusers(app: Flask) -> Iterable[Problem]:
    """How many superusers have no second factor."""
    del app
    user, holders = user_class(), holders_of_any()
    powerful = sa.select(sa.func.count()).select_from(user).where(user.is_active, user.is_superuser)
    try:
        without = db.session.scalar(powerful if holders is None else powerful.where(user.id.not_in(holders)))
    except SQLAlchemyError:  # not migrated yet: the migrations battery says so
        db.session.rollback()
        return
    if without:
        yield Problem(
            id="auth.W041",
            level="warning",
            text=f"{without} active superuser{' has' if without == 1 else 's have'} no second factor.",
            fix="have them sign in and set one up at /auth/account/two-factor; flask user show EMAIL says who has one.",
        )


CHECKS = (
    Check(name="auth.second_factor_policy", run=check_policy, deploy=True),
    Check(name="auth.second_factor_superusers", run=check_superusers, deploy=True),
)
