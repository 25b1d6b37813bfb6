"""What follows when an old copy of a session's id is shown: the log and the owner are told."""

from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError

from demijohn.auth.companions import note
from demijohn.auth.models import user_class
from demijohn.auth.notices import tell_owner
from demijohn.auth.rules import device_of
from demijohn.database.base import db
from demijohn.state import state_of


def start_replays(app: Flask) -> None:
    if state_of(app).has("sessions"):
        from demijohn.sessions.signals import session_replayed

        session_replayed.connect(tell_of_replay, app)


def tell_of_replay(sender: Flask, *, user_id: int | None, address: str, agent: str) -> None:
    """Log it and mail the owner; the session is ended already, so nothing here may fail the request."""
    user = db.session.get(user_class(), user_id) if user_id is not None else None
    if user is None:
        return
    changes: dict[str, Any] = {"address": address, "device": device_of(agent)}
    try:
        note("auth.session_replayed", user, changes=changes)
        tell_owner(user, "session_replayed")
        db.session.commit()
    except DBAPIError:
        db.session.rollback()
        sender.logger.exception("A replayed session of user %s could not be logged.", user_id)
