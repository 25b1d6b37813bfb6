"""Reading and writing what the person asking arranged; read once a request, and not at all while nobody has any."""

from typing import Any

import sqlalchemy as sa
from flask import current_app, g
from sqlalchemy.exc import IntegrityError

from demijohn.admin.memory import memory_of
from demijohn.admin.preferences.models import Preference
from demijohn.auth.access import current_user
from demijohn.database.base import db

KEY = "_demijohn_admin_preferences"


def preference(name: str) -> Any:
    """What the person asking chose under this name; None if nothing."""
    return mine().get(name)


def mine() -> dict[str, Any]:
    """Name -> value of everything that the person asking arranged."""
    known: dict[str, Any] | None = g.get(KEY)
    if known is None:
        known = {}
        if current_user.is_authenticated and memory_of(current_app, Preference).asks():
            owned = sa.select(Preference.name, Preference.value).where(Preference.user_id == current_user.id)
            known = dict(db.session.execute(owned).all())
        setattr(g, KEY, known)
    return known


def remember(name: str, value: Any) -> None:
    """Keep a choice of the person asking, in place of an earlier one."""
    owned = sa.select(Preference).where(Preference.user_id == current_user.id, Preference.name == name)
    kept = db.session.scalar(owned)
    if kept is None:
        kept = added(Preference(user_id=current_user.id, name=name, value=value)) or db.session.scalars(owned).one()
    kept.value = value
    db.session.commit()
    memory_of(current_app, Preference).has_some = True
    g.pop(KEY, None)


def added(row: Preference) -> Preference | None:
    """The row, now in the database; None if another request was first."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        return None
    return row


def forget(name: str) -> None:
    """Let a choice of the person asking go."""
    owned = sa.delete(Preference).where(Preference.user_id == current_user.id, Preference.name == name)
    db.session.execute(owned)
    db.session.commit()
    g.pop(KEY, None)
