"""Roles that follow the groups somebody is in elsewhere: at an OpenID Connect provider, behind a proxy."""

from collections.abc import Collection, Iterable, Mapping

import sqlalchemy as sa
from flask import current_app

from demijohn.auth.models import Role, UserBase
from demijohn.database.base import db


def follow_groups(user: UserBase, groups: Collection[str], roles_by_group: Mapping[str, Collection[str]]) -> None:
    """Give and take the roles that groups are mapped to, in the transaction of `db.session`.

    A change ends the person's other sessions, and the log has it.
    """
    if not roles_by_group:
        return
    held = {role.name for role in user.roles}
    wanted = set(existing_roles(sorted(roles_after(held, groups, roles_by_group))))
    if wanted != held:
        user.roles = list(db.session.scalars(sa.select(Role).where(Role.name.in_(wanted)).order_by(Role.name)))
        db.session.flush()


def roles_after(
    held: Collection[str], groups: Collection[str], roles_by_group: Mapping[str, Collection[str]]
) -> set[str]:
    """The roles after a sign-in: those that a group is mapped to follow the groups, the others stay as they are."""
    mapped = {role for roles in roles_by_group.values() for role in roles}
    earned = {role for group in groups for role in roles_by_group.get(group, ())}
    return (set(held) - mapped) | earned


def existing_roles(names: Iterable[str]) -> list[str]:
    """Those of the names that are roles; the others are logged, and give nothing."""
    asked = list(names)
    known = set(db.session.scalars(sa.select(Role.name).where(Role.name.in_(asked)))) if asked else set()
    for name in asked:
        if name not in known:
            current_app.logger.warning("There is no role %r to give. Fix: flask role create %s", name, name)
    return [name for name in asked if name in known]


def is_domain_allowed(email: str, domains: Collection[str]) -> bool:
    """Whether the address is at one of the domains, exactly; with no domains, any is."""
    return not domains or email.rpartition("@")[2] in domains
