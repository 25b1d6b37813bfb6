"""Questions about sign-in through others, OpenID Connect providers and proxies, that `flask check --deploy` asks."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from demijohn.auth.extension import auth_of
from demijohn.auth.models import Role
from demijohn.auth.oidc.settings import OidcProvider
from demijohn.auth.remote_user.settings import RemoteUserSettings
from demijohn.contributions import Check, Problem
from demijohn.database.base import db
from demijohn.state import state_of

WIDEST = {4: 24, 6: 64}
"""A network with more addresses than these prefixes leave is no list of proxies."""


def warning(number: str, text: str, fix: str) -> Problem:
    return Problem(id=f"auth.{number}", level="warning", text=text, fix=fix)


def check_providers(app: Flask) -> Iterable[Problem]:
    """Providers that let in more people than was probably meant."""
    for name, section in auth_of(app).section.oidc.items():
        head = f"FLASK_AUTH__OIDC__{name.upper()}"
        if section.issuer.startswith("http:") and state_of(app).environment == "production":
            text = f"the provider {name} is asked over plain http, on this machine."
            yield warning("W070", text, f"{head}__ISSUER=https://… (as the provider's discovery document names it)")
        if section.provision and not section.allowed_domains:
            text = f"anybody whom the provider {name} knows gets an account."
            yield warning("W071", text, f"{head}__ALLOWED_DOMAINS=example.com, or {head}__PROVISION=false")
        if section.link_by_email and not section.allowed_domains:
            text = f"the provider {name} opens accounts of any address it calls verified."
            yield warning("W072", text, f"{head}__ALLOWED_DOMAINS=example.com, or {head}__LINK_BY_EMAIL=false")
        if section.trusts_second_factor == "always":
            text = f"nobody who comes from the provider {name} is asked for a second step here."
            yield Problem(id="auth.I070", level="info", text=text, fix=f"{head}__TRUSTS_SECOND_FACTOR=stated")


def check_remote_user(app: Flask) -> Iterable[Problem]:
    """Headers believed from more addresses than a proxy has."""
    section = auth_of(app).section.remote_user
    for network in (ip_network(one) for one in section.networks if section.source == "header"):
        if network.prefixlen < WIDEST[network.version]:
            text = f"everybody in {network} is believed about who they are."
            yield warning("W073", text, "set FLASK_AUTH__REMOTE_USER__NETWORKS to the addresses of your proxies alone.")


def check_roles(app: Flask) -> Iterable[Problem]:
    """Roles that the settings give and nobody made."""
    asked = dict(roles_named(app))
    try:
        known = set(db.session.scalars(sa.select(Role.name).where(Role.name.in_(asked)))) if asked else set()
    except SQLAlchemyError:  # not migrated yet: the migrations battery says so
        db.session.rollback()
        return
    for role, setting in asked.items():
        if role not in known:
            text = f"{setting} gives the role {role!r}, which does not exist, so nobody gets it."
            yield warning("W074", text, f"flask role create {role}")


def roles_named(app: Flask) -> Iterator[tuple[str, str]]:
    """Each role the settings give, and the section that names it."""
    section = auth_of(app).section
    sections: dict[str, OidcProvider | RemoteUserSettings] = {
        f"auth.oidc.{name}": one for name, one in section.oidc.items()
    }
    if section.remote_user.source != "off":
        sections["auth.remote_user"] = section.remote_user
    for path, one in sections.items():
        for role in (*one.default_roles, *(role for roles in one.roles.values() for role in roles)):
            yield role, path


CHECKS = (
    Check(name="auth.providers", run=check_providers, deploy=True),
    Check(name="auth.remote_user", run=check_remote_user, deploy=True),
    Check(name="auth.given_roles", run=check_roles, deploy=True),
)
