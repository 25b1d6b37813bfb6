"""What an administrator can do to a user from their page; each ends in a commit and a line in the log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from demijohn.auth.accounts import mail_reset_link
from demijohn.auth.bearer.tokens import revoke_token
from demijohn.auth.companions import end_one_session, end_session_rows, note, sends_mail
from demijohn.auth.guards import Refused
from demijohn.auth.limits import may_ask_for_mail
from demijohn.auth.models import UserBase, new_stamp
from demijohn.database.base import db
from demijohn.security.throttle import in_words
from demijohn.words import gettext

EDIT = "user.edit"


@dataclass(frozen=True, kw_only=True)
class Doing:
    """One button of the page.

    Attributes:
        run: does it to the user, with the number that was sent along; returns what happened, in words.
        permissions: asked besides `user.edit` on the user.
    """

    run: Callable[[UserBase, int], str]
    permissions: tuple[str, ...] = ()


def disable(user: UserBase, number: int) -> str:
    """Keep the user out; the guard ends their sessions and kills mailed links."""
    del number
    user.is_active = False
    db.session.commit()
    return f"{user.email} is disabled and signed out everywhere."


def enable(user: UserBase, number: int) -> str:
    del number
    user.is_active = True
    db.session.commit()
    return f"{user.email} can sign in again."


def end_all_sessions(user: UserBase, number: int) -> str:
    del number
    user.security_stamp = new_stamp()
    end_session_rows(user.id)
    note("auth.sessions_ended", user)
    db.session.commit()
    return f"{user.email} is signed out everywhere."


def end_session(user: UserBase, number: int) -> str:
    if not end_one_session(user.id, number, owner=user):
        raise Refused(gettext("That session had ended already."))
    return f"{user.email} is signed out there."


def end_token(user: UserBase, number: int) -> str:
    if not revoke_token(user, number):
        raise Refused(gettext("That token was gone already."))
    db.session.commit()
    return "The token is revoked."


def send_reset(user: UserBase, number: int) -> str:
    """Mail a link that sets a new password, as often as anybody may ask for one."""
    del number
    if not sends_mail():
        raise Refused(gettext("No mail is sent on this site. On the server: flask user password EMAIL"))
    if not user.is_active:
        raise Refused(gettext("A disabled account gets no link. Enable it first."))
    verdict = may_ask_for_mail("reset", user.email)
    if not verdict.allowed:
        raise Refused(f"Enough mail was sent there. Wait {in_words(verdict.retry_after_seconds)}.")
    mail_reset_link(user, user.email)
    db.session.commit()
    return f"A link to set a new password is on its way to {user.email}."


DOINGS: Mapping[str, Doing] = {
    "disable": Doing(run=disable),
    "enable": Doing(run=enable),
    "end-sessions": Doing(run=end_all_sessions),
    "end-session": Doing(run=end_session),
    "revoke-token": Doing(run=end_token, permissions=("api_token.delete",)),
    "send-reset": Doing(run=send_reset),
}
"""The last part of the address -> what it does."""
