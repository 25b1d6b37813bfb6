"""Questions about registration that `flask check --deploy` asks."""

from collections.abc import Iterable

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from demijohn.auth.extension import auth_of
from demijohn.auth.models import Role
from demijohn.contributions import Check, Problem
from demijohn.database.base import db


def check_registration(app: Flask) -> Iterable[Problem]:
    """Who can register, and what they get by it."""
    section = auth_of(app).section
    if section.registration != "open":
        return
    if not section.registration_domains:
        yield Problem(
            id="auth.I020",
            level="info",
            text="anybody with an e-mail address can register.",
            fix="FLASK_AUTH__REGISTRATION_DOMAINS=example.com, or FLASK_AUTH__REGISTRATION=invite",
        )
    yield from check_roles(section.registration_roles)


def check_roles(names: Iterable[str]) -> Iterable[Problem]:
    for name in names:
        try:
            role = db.session.scalars(sa.select(Role).where(Role.name == name)).one_or_none()
            permissions = set(role.permissions) if role else set()
        except SQLAlchemyError:  # not migrated yet: the migrations battery says so
            db.session.rollback()
            return
        if role is None:
            yield Problem(
                id="auth.E020",
                level="error",
                text=f"auth.registration_roles names {name!r}, and there is no such role: new accounts go without it.",
                fix=f"flask role create {name}",
            )
        elif permissions:
            yield Problem(
                id="auth.W020",
                level="warning",
                text=f"whoever registers gets the role {name!r} and with it the dashboard "
                f"({', '.join(sorted(permissions)[:3])}).",
                fix="FLASK_AUTH__REGISTRATION_ROLES= (none), and give the role by hand or by invitation",
            )


CHECKS = (Check(name="auth.registration", run=check_registration, deploy=True),)
