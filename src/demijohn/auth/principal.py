"""The signed-in user, read together with the session in the sessions battery's one statement."""

from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from demijohn.auth.models import UserBase, user_class
from demijohn.database.base import db
from demijohn.state import state_of

JOINED = (
    "id",
    "email",
    "name",
    "password_hash",
    "security_stamp",
    "is_active",
    "is_superuser",
    "confirmed_at",
    "created_at",
    "last_sign_in_at",
    "locale",
    "time_zone",
)
"""The columns every user has; a project's own are read when first asked for."""


def start_principal(app: Flask) -> None:
    """Have the user's columns read with every session."""
    if state_of(app).has("sessions"):
        from demijohn.sessions.principal import join_user

        mapper: Any = sa.inspect(user_class())
        columns: list[Any] = [mapper.columns[name].label(name) for name in JOINED]  # a column may have another name
        join_user(app, mapper.local_table, columns)


def user_read_with_session(user_id: int) -> UserBase | None:
    """The user from the session's own row, as `db.session` would have loaded it; None if the row is not about them."""
    if not state_of().has("sessions"):
        return None
    from demijohn.sessions.principal import current

    row = current()
    if row is None or row.id != user_id or row.user_id != user_id:
        return None
    return as_loaded(row)


def as_loaded(row: Any) -> UserBase | None:
    """An instance in `db.session` with the row's values; the one that is there already, if there is."""
    mapper = sa.inspect(user_class())
    if mapper.polymorphic_on is not None:  # which class it is, only a query says
        return None
    present = db.session.identity_map.get(mapper.identity_key_from_primary_key((row.id,)))
    if present is not None:
        there: UserBase = present
        return there
    user: UserBase = mapper.class_manager.new_instance()
    for name in JOINED:
        set_committed_value(user, name, getattr(row, name))
    make_transient_to_detached(user)
    db.session.add(user)
    return user
