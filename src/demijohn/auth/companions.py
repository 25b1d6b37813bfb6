"""What auth asks of batteries that may be off: their modules are only imported when they are on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app, g, has_request_context

from demijohn.auth.login import ACTOR, current_user
from demijohn.auth.models import UserBase, new_stamp
from demijohn.auth.rules import device_of
from demijohn.database.base import db
from demijohn.state import state_of


def start_companions(app: Flask) -> None:
    """Tell the audit log who is acting, and whose eyes its entries are for."""
    if state_of(app).has("audit"):
        from demijohn.audit.log import set_actor_source
        from demijohn.auth import audit_rows  # noqa: F401 - declares the scope of the log

        set_actor_source(app, acting_user)


def acting_user() -> tuple[int, str] | None:
    """Who is signed in in this request, as they were when it began; nobody in commands and jobs."""
    if not has_request_context() or not current_user.is_authenticated:
        return None
    actor: tuple[int, str] | None = g.get(ACTOR)
    return actor


def note(action: str, user: UserBase | None = None, *, by_user: bool = False, **details: Any) -> None:
    """Put an event about a user into the audit log, in the transaction of `db.session`.

    Args:
        by_user: it was this user's own doing, though the session does not say so (yet).
    """
    if state_of().has("audit"):
        from demijohn.audit.log import record

        record(action, **about(user), **(acting(user) if by_user else {}), **details)


def note_at_once(action: str, user_id: int | None) -> None:
    """Put an event into the audit log in a transaction of its own: for what is refused."""
    if state_of().has("audit"):
        from demijohn.audit.log import record_once

        record_once(action, table="user", key=user_id)


def about(user: UserBase | None) -> dict[str, Any]:
    return {"table": "user", "key": None if user is None else user.id}


def acting(user: UserBase | None) -> dict[str, Any]:
    return {} if user is None else {"actor_id": user.id, "actor": user.email}


def has_signed_in_from(user_id: int, device: str, address: str, *, since: datetime) -> bool:
    """Whether the user has signed in with such a device from this address; where nobody could know, yes.

    Args:
        device: in words, as `device_of` says it.
    """
    if not state_of().has("audit"):
        listed = listed_sessions(user_id)
        return listed is None or any((one.device, one.address) == (device, address) for one in listed)
    from demijohn.audit.log import history
    from demijohn.audit.models import AuditEntry

    entered = history("user", user_id).where(
        AuditEntry.action == "auth.sign_in", AuditEntry.address == address, AuditEntry.at > since
    )
    return any(entry.changes.get("device") == [None, device] for entry in db.session.scalars(entered.limit(100)))


def log_about(user_id: int) -> Iterator[dict[str, Any]]:
    """What the log holds by and about a user, oldest first, as far as it is theirs to have.

    Of what others did to their account it does not say who or from where; of what they did to other records, not what
    those held.
    """
    if not state_of().has("audit"):
        return
    from demijohn.audit.log import by_or_about

    key = str(user_id)
    for entry in db.session.scalars(by_or_about(user_id, "user").execution_options(yield_per=500)):
        is_by, is_about = entry.actor_id == user_id, (entry.table, entry.key) == ("user", key)
        yield {
            "at": entry.at,
            "event": entry.action,
            **({"table": entry.table, "record": entry.key} if entry.table else {}),
            **({"address": entry.address} if is_by else {"by": "somebody else"}),
            **({"changes": entry.changes} if is_about and entry.changes else {}),
        }


def end_session_rows(user_id: int, *, except_current: bool = False) -> None:
    """Take the user's sessions out of the list; the changed stamp has ended them already. The caller commits."""
    if state_of().has("sessions"):
        from demijohn.sessions.registry import end_sessions

        end_sessions(user_id, except_current=except_current)


@dataclass(frozen=True, kw_only=True)
class ListedSession:
    """One session as the account page shows it; `device` is a guess from what the browser says of itself."""

    id: int
    device: str
    address: str
    last_seen_at: datetime
    is_current: bool


def listed_sessions(user_id: int) -> list[ListedSession] | None:
    """Where the user is signed in; None if sessions are not kept in a table, so nobody knows."""
    if not state_of().has("sessions"):
        return None
    from demijohn.sessions.registry import sessions_of

    return [
        ListedSession(
            id=found.id,
            device=device_of(found.agent or ""),
            address=found.address,
            last_seen_at=found.last_seen_at,
            is_current=found.is_current,
        )
        for found in sessions_of(user_id)
    ]


def end_one_session(user_id: int, session_id: int, *, owner: UserBase | None = None) -> bool:
    """End one of the user's sessions, and commit; False if it is not theirs or had ended.

    Args:
        owner: the user, where it is somebody else who ends it: named in the log.
    """
    if not state_of().has("sessions"):
        return False
    from demijohn.sessions.registry import end_session

    was_there: bool = end_session(user_id, session_id)
    note("auth.session_ended", owner)
    db.session.commit()
    return was_there


def end_other_sessions(user: UserBase) -> None:
    """End all sessions of the user but this one, and commit; renew this one with the new stamp after it."""
    user.security_stamp = new_stamp()
    end_session_rows(user.id, except_current=True)
    note("auth.sessions_ended", user)
    db.session.commit()


def sends_mail() -> bool:
    return state_of().has("mail")


def can_be_mailed(address: str) -> bool:
    """Whether mail can be sent to an address (one with letters beyond ASCII before the @ needs SMTPUTF8)."""
    from demijohn.mail.rules import address_of

    try:
        address_of(address)
    except ValueError:
        return False
    return True


def mail(user: UserBase | None, template: str, *, to: str, subject: str, **context: Any) -> None:
    """Put a mail of ours into the outbox, in the transaction of `db.session`.

    An address that no mail can be sent to (`josé@example.com` needs SMTPUTF8) is logged, and breaks nothing.
    """
    from demijohn.mail import send_mail

    try:
        send_mail(to, subject=subject, template=f"auth/mail/{template}", user=user, **context)
    except ValueError:
        current_app.logger.warning("No mail can be sent to the address of user %s.", user.id if user else "(none)")


def mail_or_pretend(user: UserBase | None, template: str, *, to: str, subject: str, **context: Any) -> None:
    """Put a mail into the outbox; without a user do the work and take it back, so that both take as long."""
    with db.session.begin_nested() as savepoint:
        mail(user, template, to=to, subject=subject, **context)
        db.session.flush()
        if user is None:
            savepoint.rollback()
