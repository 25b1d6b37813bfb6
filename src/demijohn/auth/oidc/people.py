"""Which account is whose: found by issuer and subject, connected by its owner, or made at the first sign-in."""

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from demijohn.auth.accounts import create_user, find_user
from demijohn.auth.capabilities import count_ways
from demijohn.auth.companions import note
from demijohn.auth.following.roles import existing_roles, follow_groups, is_domain_allowed
from demijohn.auth.guards import Refused
from demijohn.auth.models import UserBase, user_class
from demijohn.auth.notices import tell_owner
from demijohn.auth.oidc.models import Identity
from demijohn.auth.oidc.provider import Provider, providers
from demijohn.auth.oidc.rules import Claimed
from demijohn.clock import now
from demijohn.database.base import db


class Turned(Exception):  # noqa: N818 - somebody is turned away
    """Somebody who proved who they are at the provider can't come in, or can't connect it.

    Attributes:
        why: `unknown`, `taken`, `disabled`, `unverified`, `elsewhere` or `stranger`; the page has the words.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def find_identity(issuer: str, subject: str) -> Identity | None:
    found = sa.select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
    return db.session.scalars(found).one_or_none()


def identities_of(user_id: int) -> list[Identity]:
    """What the user's account is connected with, the first connected first."""
    return list(db.session.scalars(sa.select(Identity).where(Identity.user_id == user_id).order_by(Identity.id)))


def let_in(provider: Provider, claimed: Claimed) -> UserBase:
    """The account of whoever came, with the roles that follow from their groups; commits.

    Raises:
        Turned: there is none for them.
    """
    identity = find_identity(claimed.issuer, claimed.subject) or first_time(provider, claimed)
    user = db.session.get(user_class(), identity.user_id)
    if user is None or not user.is_active:
        db.session.rollback()
        raise Turned("disabled")
    identity.last_used_at = now()
    follow(provider, user, claimed)
    db.session.commit()
    return user


def first_time(provider: Provider, claimed: Claimed) -> Identity:
    """The new identity of somebody who was never here, connected with an old account or a new one.

    Nothing is said about accounts to whoever has not proved that the address is theirs.

    Raises:
        Turned: neither is allowed.
    """
    section = provider.section
    if not (section.provision or section.link_by_email):
        raise Turned("unknown")
    if claimed.email is None or not claimed.is_verified:
        raise Turned("unverified")
    if not is_domain_allowed(claimed.email, section.allowed_domains):
        raise Turned("unknown")
    user = find_user(claimed.email)
    if user is not None:
        if not section.link_by_email or user.confirmed_at is None:  # whoever made it may not be whose address it is
            raise Turned("taken")
        return connect(provider, user, claimed)
    if not section.provision:
        raise Turned("unknown")
    return provision(provider, claimed, claimed.email)


def provision(provider: Provider, claimed: Claimed, email: str) -> Identity:
    """A new account and its identity, in the transaction of `db.session`; another process may be quicker."""
    try:
        user = create_user(email, name=claimed.name, roles=existing_roles(provider.section.default_roles))
    except Refused:
        db.session.rollback()
        found = find_identity(claimed.issuer, claimed.subject)
        if found is None:
            raise Turned("taken") from None
        return found
    user.confirmed_at = now()
    return connect(provider, user, claimed, tell=False)


def connect(provider: Provider, user: UserBase, claimed: Claimed, *, tell: bool = True) -> Identity:
    """Connect the account with the person at the provider, in the transaction of `db.session`.

    Raises:
        Turned: another request connected that person with another account.
    """
    identity = Identity(
        user_id=user.id, provider=provider.name, issuer=claimed.issuer, subject=claimed.subject, last_used_at=now()
    )
    user_id = user.id
    db.session.add(identity)
    try:
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        found = find_identity(claimed.issuer, claimed.subject)
        if found is None or found.user_id != user_id:
            raise Turned("elsewhere") from None
        return found
    note("auth.identity_connected", user, by_user=True, changes={"provider": provider.name})
    if tell:
        tell_owner(user, "identity_connected", provider=provider.label)
    return identity


def follow(provider: Provider, user: UserBase, claimed: Claimed) -> None:
    """Give and take what the person's groups stand for."""
    section = provider.section
    follow_groups(user, claimed.groups, section.roles)
    if section.superuser_groups:
        follow_superuser_groups(user, is_member=bool(claimed.groups & set(section.superuser_groups)))


def follow_superuser_groups(user: UserBase, *, is_member: bool) -> None:
    """Make or unmake a superuser; the last one stays one, and the log says so."""
    if bool(user.is_superuser) == is_member:
        return
    try:
        with db.session.begin_nested():
            user.is_superuser = is_member
            db.session.flush()
    except Refused:
        db.session.refresh(user)
        current_app.logger.warning("User %s left the superusers' groups, but is the last active superuser.", user.id)
        return
    note("auth.superuser_changed", user, changes={"is_superuser": is_member})


def disconnect(user: UserBase, identity_id: int) -> bool:
    """Take one of the user's own identities away, and commit; False if it is not theirs.

    Raises:
        Turned: it is the last way in.
    """
    db.session.execute(sa.select(user_class().id).where(user_class().id == user.id).with_for_update())
    mine = identities_of(user.id)
    chosen = next((identity for identity in mine if identity.id == identity_id), None)
    if chosen is None:
        db.session.rollback()
        return False
    if chosen.provider in providers() and count_ways(user) == 1:
        db.session.rollback()
        raise Turned("last")
    label = label_of(chosen)
    note("auth.identity_disconnected", user, changes={"provider": chosen.provider})
    db.session.delete(chosen)
    tell_owner(user, "identity_disconnected", provider=label)
    db.session.commit()
    return True


def count_identities(user: UserBase) -> int:
    """How many of the user's identities are of providers that the settings name."""
    return sum(identity.provider in providers() for identity in identities_of(user.id))


def label_of(identity: Identity) -> str:
    provider = providers().get(identity.provider)
    return provider.label if provider else identity.provider
