"""Notices to the owner of an account: what happened, when and from where, and what to do if it was not them."""

from dataclasses import dataclass
from typing import Any

from flask import has_request_context, request

from demijohn.auth.companions import mail, sends_mail
from demijohn.auth.models import UserBase
from demijohn.auth.rules import device_of
from demijohn.clock import now
from demijohn.security.address import client_address
from demijohn.state import state_of

SECURE_IT = (
    'set a new password at once with "Forgotten your password?" on the sign-in page, and tell your administrator.'
)

REMOVE_IT = (
    'sign in at once, remove it under "Passkeys" in your account, sign out every other device under "Devices", '
    "set a new password, and tell your administrator."
)


@dataclass(frozen=True)
class Notice:
    """The words of one notice; `{app}` is the application's name, further fields come from `tell_owner`.

    Attributes:
        react: what to do if it was not the owner, as the end of a sentence that begins "If not,".
    """

    subject: str
    happened: str
    react: str = SECURE_IT


NOTICES = {
    "new_device": Notice(
        "Somebody signed in to {app} with your account",
        "your account at {app} was signed in to from a device or place where it was not used before.",
    ),
    "session_replayed": Notice(
        "A copy of your session at {app} was used",
        "somebody showed an old copy of what your browser keeps to stay signed in to {app}. That session was ended "
        "everywhere; your password was not needed for it, and is not known by it.",
    ),
    "password_changed": Notice(
        "Your password for {app} was changed",
        "your password for {app} was changed, and every other device was signed out.",
    ),
    "email_change_asked": Notice(
        "A new address for your account at {app}",
        "somebody who is signed in to your account at {app} wants to change its address to {address}. Nothing has "
        "changed yet: it does when the link mailed there is opened.",
        "change your password at once: this ends that link and signs every other device out. Tell your administrator.",
    ),
    "email_changed": Notice(
        "Your address at {app} was changed",
        "the address of your account at {app} is {address} now. Mail about it no longer comes here.",
        "tell your administrator at once.",
    ),
    "email_changed_undo": Notice(
        "Your address at {app} was changed",
        "the address of your account at {app} is {address} now. Mail about it no longer comes here.",
        "take the change back within {within}. This signs every device out and lets you choose a new password:",
    ),
    "email_change_undone": Notice(
        "Your address at {app} was changed back",
        "the change of the address of your account at {app} was taken back from here. Every device was signed out, and "
        "the old password no longer works.",
        "tell your administrator at once.",
    ),
    "two_factor_on": Notice(
        "Two-step sign-in for {app}: {factor} was set up",
        "{factor} was set up as the second step of signing in to {app} with your account.",
        "somebody knows your password and can lock you out: tell your administrator at once, who can reset it.",
    ),
    "two_factor_off": Notice(
        "Two-step sign-in for {app}: {factor} was removed",
        "{factor} was removed from your account at {app} and is no longer asked for.",
    ),
    "two_factor_reset": Notice(
        "Your second step for {app} was reset",
        "an administrator of {app} removed the second step of signing in from your account, with recovery codes and "
        "trusted devices. Every device was signed out.",
        "ask your administrator who did it and why, and set a new password.",
    ),
    "recovery_code_used": Notice(
        "A recovery code for {app} was used",
        "one of your recovery codes was used to sign in to {app}. Codes left: {left}.",
    ),
    "recovery_codes_new": Notice(
        "New recovery codes for {app}",
        "new recovery codes were made for your account at {app}; the earlier ones no longer work.",
    ),
    "two_factor_guessed": Notice(
        "Somebody tries codes for your account at {app}",
        "many wrong codes were given as the second step of signing in to {app} with your account, so it has to wait "
        "for a while. Whoever it was knew your password.",
    ),
    "deletion_asked": Notice(
        "Your account at {app} will be deleted",
        "somebody who is signed in to your account at {app} asked for it to be deleted. Every device was signed out. "
        "On {day} it is deleted; until then you can keep it by signing in.",
        "sign in and keep the account, then set a new password at once:",
    ),
    "deletion_taken_back": Notice(
        "Your account at {app} stays",
        "your account at {app} was to be deleted, and that was taken back: it stays.",
    ),
    "account_deleted": Notice(
        "Your account at {app} was deleted",
        "your account at {app} was deleted, as you asked.",
        "tell the people who run {app}.",
    ),
    "token_made": Notice(
        "A new API token for {app}",
        "an API token named “{name}” was made for your account at {app}. A program that has it acts for you.",
        "revoke it on the page “API tokens” of your account, and set a new password.",
    ),
    "identity_connected": Notice(
        "Your account at {app} was connected with {provider}",
        "your account at {app} was connected with {provider}: whoever signs in there as that person gets in here.",
        react="disconnect it on the page Connected accounts of your account, and set a new password.",
    ),
    "identity_disconnected": Notice(
        "Your account at {app} was disconnected from {provider}",
        "your account at {app} was disconnected from {provider}; it is no longer a way to sign in.",
    ),
    "passkey_added": Notice(
        "A passkey was added to your account at {app}",
        "the passkey “{passkey}” was added to your account at {app}. Whoever has it can sign in without your password.",
        REMOVE_IT,
    ),
    "passkey_removed": Notice(
        "A passkey was removed from your account at {app}",
        "the passkey “{passkey}” was removed from your account at {app}.",
    ),
    "passkey_suspected": Notice(
        "There may be a copy of a passkey of yours at {app}",
        "the passkey “{passkey}” of your account at {app} answered as if somebody else had used a copy of it.",
        "or if you are not sure, " + REMOVE_IT,
    ),
}
"""One line per notice; the name is also what the mail template gets as `kind`."""


def tell_owner(user: UserBase, kind: str, *, to: str | None = None, link: str = "", **fields: Any) -> None:
    """Mail a notice in the transaction of `db.session`; nothing where the mail battery is off.

    Args:
        kind: a name in `NOTICES`.
        to: another address than the user's (their old one).
        link: an address that the notice ends with.
        fields: what the notice's words name in braces.
    """
    if not sends_mail():
        return
    notice, words = NOTICES[kind], {"app": state_of().name, **fields}
    mail(
        user,
        "notice",
        to=to or user.email,
        subject=notice.subject.format(**words),
        kind=kind,
        happened=notice.happened.format(**words),
        react=notice.react.format(**words),
        at=now(),
        origin=origin(),
        link=link,
    )


def origin() -> str | None:
    """Where this request comes from, in words; None in commands and jobs."""
    if not has_request_context():
        return None
    return f"{device_of(request.user_agent.string)}, {client_address()}"
