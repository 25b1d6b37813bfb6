"""Inviting: a mailed link that makes one account, with the roles its inviter may hand out."""

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa
from flask import has_request_context

from demijohn.auth.accounts import checked_address, find_role, refuse_taken
from demijohn.auth.companions import can_be_mailed, mail, note
from demijohn.auth.extension import auth_of
from demijohn.auth.granting import refuse_granting
from demijohn.auth.guards import Refused
from demijohn.auth.invitations.models import Invitation
from demijohn.auth.limits import may_ask_for_mail
from demijohn.auth.models import UserBase
from demijohn.auth.registration.registering import NewAccount, make_account
from demijohn.auth.tokens import FoundToken, end_tokens_of, issue_token
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.throttle import in_words
from demijohn.security.urls import public_url_for
from demijohn.state import state_of
from demijohn.words import gettext


def invite(email: str, *, roles: Iterable[str] = (), inviter: UserBase | None = None) -> Invitation:
    """Invite an address, by mail, in the transaction of `db.session`; the caller commits.

    Args:
        roles: names of roles that exist, none of which holds more than the inviter.
        inviter: None for the command line.

    Raises:
        Refused: the address is none, has an account, is invited already or was mailed too often; or a role can't be
            handed out.
    """
    invitation = Invitation(email=email, roles=[find_role(name) for name in roles])
    prepare(invitation, inviter)
    return invitation


def prepare(invitation: Invitation, inviter: UserBase | None) -> None:
    """Check an invitation that is new and mail it; for the rest see `invite`."""
    with db.session.no_autoflush:
        invitation.email = checked_address(invitation.email)
        refuse_open_doors()
        refuse_unmailable(invitation.email)
        refuse_flood(invitation.email)
        refuse_taken(invitation.email)
        refuse_twin(invitation.email)
        refuse_granting(inviter, [role.name for role in invitation.roles])
    invitation.invited_by_id = None if inviter is None else inviter.id
    invitation.expires_at = now() + lifetime()
    db.session.add(invitation)
    db.session.flush()
    send(invitation, inviter)
    note("auth.invited", changes={"email": invitation.email, "roles": [role.name for role in invitation.roles]})


def refuse_open_doors() -> None:
    """An invitation that nobody could accept is not sent."""
    if auth_of().section.registration == "closed":
        raise Refused(gettext("Registration is closed. To invite people set FLASK_AUTH__REGISTRATION=invite"))


def refuse_unmailable(address: str) -> None:
    if not can_be_mailed(address):
        raise Refused(gettext("No mail can be sent to this address."), field="email")


def refuse_flood(address: str) -> None:
    """Keep anybody's inbox from being filled; a command is held to nothing."""
    if not has_request_context():
        return
    verdict = may_ask_for_mail("invite", address)
    if not verdict.allowed:
        wait = in_words(verdict.retry_after_seconds)
        raise Refused(f"Enough mail was sent there. Wait {wait} before you send more.", field="email")


def refuse_twin(address: str) -> None:
    pending = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now())
    if db.session.scalar(sa.select(Invitation.id).where(Invitation.email == address, *pending).limit(1)) is not None:
        raise Refused(f"{address} is invited already. Send that invitation again, or revoke it.", field="email")


def lifetime() -> timedelta:
    return timedelta(seconds=auth_of().section.invitation_seconds)


def send(invitation: Invitation, inviter: UserBase | None) -> None:
    """Mail the link; one mailed earlier is dead. The caller commits."""
    token = issue_token("invite", None, invitation.email, lives_for=lifetime(), payload={"invitation": invitation.id})
    mail(
        None,
        "invitation",
        to=invitation.email,
        subject=f"You are invited to {state_of().name}",
        purpose="invite",
        expires_at=invitation.expires_at,
        link=public_url_for("auth.invite_link", token=token),
        inviter=None if inviter is None else inviter.name or inviter.email,
        until=invitation.expires_at,
    )


def send_again(invitation: Invitation, inviter: UserBase | None) -> None:
    """Mail a new link that lives as long as the first did, in the name of who sends it now. The caller commits.

    Raises:
        Refused: it was accepted or revoked, the address has an account by now, or the sender lacks what it hands out.
    """
    if invitation.state in {"accepted", "revoked"}:
        raise Refused(f"The invitation of {invitation.email} was {invitation.state}. Make a new one.")
    refuse_flood(invitation.email)
    refuse_taken(invitation.email)
    refuse_granting(inviter, [role.name for role in invitation.roles])
    invitation.expires_at = now() + lifetime()
    invitation.invited_by_id = None if inviter is None else inviter.id
    send(invitation, inviter)
    note("auth.invited_again", changes={"email": invitation.email})


def revoke(invitation: Invitation) -> None:
    """Let the invitation open nothing any more; one that was accepted stays so. The caller commits."""
    end_tokens_of("invite", invitation.email)
    still = (Invitation.id == invitation.id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    db.session.execute(sa.update(Invitation).where(*still).values(revoked_at=now()))
    note("auth.invitation_revoked", changes={"email": invitation.email})


def invitation_of(found: FoundToken) -> Invitation | None:
    """The invitation behind a mailed token, if it can be accepted now and its inviter could still send it."""
    invitation = db.session.get(Invitation, found.payload.get("invitation"))
    if invitation is None or invitation.email != found.address or invitation.state != "pending":
        return None
    return invitation if may_still_hand_out(invitation) else None


def may_still_hand_out(invitation: Invitation) -> bool:
    """Whether the inviter is still here and still has what the roles hold: whoever goes takes nobody in afterwards."""
    inviter = invitation.invited_by
    if inviter is not None and not inviter.is_active:
        return False
    try:
        refuse_granting(inviter, [role.name for role in invitation.roles])
    except Refused:
        return False
    return True


def accept(token: str, invitation: Invitation, wanted: NewAccount) -> UserBase | None:
    """Make the account with its roles, and commit; None if the token was used, or the address taken, meanwhile.

    Raises:
        Refused: the password does not keep the rules; the token still works.
    """
    invitation_id, roles = invitation.id, [role.name for role in invitation.roles]

    def finish(user: UserBase) -> None:
        done = sa.update(Invitation).where(Invitation.id == invitation_id).values(accepted_at=now())
        db.session.execute(done)
        note("auth.invitation_accepted", user, by_user=True)

    return make_account("invite", token, wanted, roles=roles, finish=finish)
