"""The first administrator, made once when there is nobody yet."""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask

from demijohn.auth.accounts import create_user
from demijohn.auth.guards import Refused
from demijohn.auth.models import user_class
from demijohn.auth.passwords import readable_password
from demijohn.database.base import db
from demijohn.state import state_of


@dataclass(frozen=True, kw_only=True)
class Created:
    """A superuser was made; this is the only time the password is known."""

    email: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Existing:
    """There are users already; these are the active superusers, if any."""

    emails: tuple[str, ...]


def ensure_first_administrator(app: Flask) -> Created | Existing:
    """Make `admin@<name>.localhost` if there is no user at all, and commit.

    Of two processes at once one makes it: both use the same address, and an address is unique.
    """
    with app.app_context():
        user = user_class()
        if db.session.scalar(sa.select(user.id).limit(1)) is not None:
            return existing()
        db.session.rollback()
        email, password = f"admin@{host_label(state_of().name)}.localhost", readable_password()
        try:
            create_user(email, password=password, name="Administrator", is_superuser=True)
            db.session.commit()
        except Refused:
            return existing()
        return Created(email=email, password=password)


def existing() -> Existing:
    user = user_class()
    superusers = sa.select(user.email).where(user.is_active, user.is_superuser).order_by(user.id)
    return Existing(emails=tuple(db.session.scalars(superusers)))


def host_label(name: str) -> str:
    """The name as part of a host name: `My Shop` -> `my-shop`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-") or "app"
