"""Accounts on Flask-Login."""

from pathlib import Path

from flask import Flask

from demijohn.auth import (
    guards,  # noqa: F401 - its listeners watch db.session from here on
    pruning,
)
from demijohn.auth.access import can
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.blueprint import blueprint
from demijohn.auth.capabilities import account_pages, capabilities_on
from demijohn.auth.checks import CHECKS
from demijohn.auth.companions import start_companions
from demijohn.auth.deletion import deleting
from demijohn.auth.deletion.models import AccountDeletion
from demijohn.auth.extension import auth_of, remember
from demijohn.auth.factors.checks import CHECKS as FACTOR_CHECKS
from demijohn.auth.factors.models import RecoveryCode, TotpFactor, TrustedDevice
from demijohn.auth.following.checks import CHECKS as FOLLOWING_CHECKS
from demijohn.auth.invitations import pruning as old_invitations
from demijohn.auth.invitations.models import Invitation
from demijohn.auth.login import start_login
from demijohn.auth.models import OneTimeToken, Role, RolePermission, SpentOnce, user_class
from demijohn.auth.oidc.models import Identity
from demijohn.auth.passkeys.checks import CHECKS as PASSKEY_CHECKS
from demijohn.auth.passkeys.models import Passkey, PasskeyOwner
from demijohn.auth.principal import start_principal
from demijohn.auth.registration.checks import CHECKS as REGISTRATION_CHECKS
from demijohn.auth.registration.start import refuse_faulty_entry
from demijohn.auth.replays import start_replays
from demijohn.auth.rights.checks import CHECKS as RIGHTS_CHECKS
from demijohn.auth.screens import screens
from demijohn.auth.settings import AuthSettings
from demijohn.battery import Battery
from demijohn.commands import LazyGroup
from demijohn.contributions import Job


def init(app: Flask, section: AuthSettings) -> None:
    user_class()
    refuse_faulty_entry(app, section)
    remember(app, section, capabilities_on(section))
    start_login(app)
    start_principal(app)
    start_companions(app)
    for capability in auth_of(app).capabilities:
        capability.start(app)
    start_replays(app)
    app.jinja_env.globals.update(can=can, dm_account_pages=account_pages)


def models(section: AuthSettings) -> tuple[type, ...]:
    del section
    return (
        user_class(),
        Role,
        RolePermission,
        OneTimeToken,
        SpentOnce,
        TotpFactor,
        RecoveryCode,
        TrustedDevice,
        Passkey,
        PasskeyOwner,
        ApiToken,
        Identity,
        Invitation,
        AccountDeletion,
    )


battery = Battery(
    name="auth",
    section=AuthSettings,
    init=init,
    needs=("database", "forms"),
    after=("sessions", "audit", "mail"),
    models=models,
    blueprints=(blueprint,),
    commands=(
        LazyGroup("user", home="demijohn.auth.cli:user", help="Make and manage accounts."),
        LazyGroup("role", home="demijohn.auth.role_cli:role", help="Make roles and say what they may do."),
    ),
    admin_views=screens,
    checks=(*CHECKS, *REGISTRATION_CHECKS, *FACTOR_CHECKS, *PASSKEY_CHECKS, *FOLLOWING_CHECKS, *RIGHTS_CHECKS),
    jobs=(
        Job(name="expired links and devices", run=pruning.prune, waiting=pruning.expired, prunes=True),
        Job(name="old invitations", run=old_invitations.prune, waiting=old_invitations.old, prunes=True),
        Job(name="accounts to delete", run=deleting.delete_due, waiting=deleting.due, prunes=True),
    ),
    templates=Path(__file__).parent / "templates",
)
