"""Sign-in limits in the dashboard: who is held up now, what holds for an address, and lifting it.

Counts are kept under digests, so they cannot be listed: asked are the accounts that the audit log knows to have been
tried in the last day, and whoever is named.
"""

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, request
from flask_admin import BaseView, expose

from demijohn.admin.access import may, turn_away
from demijohn.admin.history import has_audit
from demijohn.admin.scoping import for_me, rows_for_me
from demijohn.admin.words import gettext
from demijohn.auth.access import can, current_user
from demijohn.auth.accounts import find_user
from demijohn.auth.companions import note
from demijohn.auth.locks.lifting import Lock, lift_locks, lift_network_locks, locks_on, network_locks
from demijohn.auth.login import identity_is_recent, send_to_confirm_identity
from demijohn.auth.models import user_class
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.throttle import unreached

MOST_ACCOUNTS = 50
"""Accounts, the latest tried, that are asked for; our choice."""
TRIED = ("auth.sign_in_failed", "auth.account_slowed", "auth.second_factor_failed", "auth.second_factor_throttled")


@dataclass(frozen=True, kw_only=True)
class Held:
    """An account that is under a limit, for the list."""

    email: str
    locks: list[Lock]


class LimitsPage(BaseView):
    """For people who may edit users."""

    def is_accessible(self) -> bool:
        return may("user.edit")

    def inaccessible_callback(self, name: str, **kwargs: Any) -> Any:
        del name, kwargs
        return turn_away()

    @expose("/")
    def index(self) -> Any:
        """Accounts under a limit, and what holds for the e-mail or IP address that is asked about."""
        email, address, wrong = asked(request.args)
        refuse_strangers(email, address)
        return self.render(
            "admin/limits.html",
            held=held_up(),
            email=email,
            address=address,
            wrong=wrong,
            locks=None if wrong or not (email or address) else locks_of(email, address),
            unreached=unreached(),
        )

    @expose("/lift/", methods=("POST",))
    def lift(self) -> Any:
        """Forget what is counted against the e-mail or IP address."""
        email, address, wrong = asked(request.form)
        back = self.get_url(".index", email=email or None, address=address or None)
        if wrong or not (email or address):
            return redirect(back)
        refuse_strangers(email, address)
        if not identity_is_recent():
            return send_to_confirm_identity(str(back))
        user = find_user(email) if email else None
        user_id = user.id if user is not None else None
        db.session.rollback()  # counts are cleared past `db.session`, which must hold no lock meanwhile
        lifted = lift_locks(email, [address] if address else []) if email else lift_network_locks(address)
        said = [f"{lock.what} from {lock.origin}" for lock in lifted]
        about = db.session.get(user_class(), user_id) if user_id is not None else None
        note("auth.unlocked", about, changes={"limits": said, **({} if about else {"of": email or address})})
        db.session.commit()
        flash(gettext("%(who)s can try again at once.", who=email or address), "success")
        return redirect(back)


def asked(given: Any) -> tuple[str, str, str]:
    """The e-mail and the IP address that are asked about, and what is wrong with them."""
    email, address = (str(given.get(name, "")).replace("\x00", "").strip()[:320] for name in ("email", "address"))
    try:
        if address:
            ipaddress.ip_address(address)
    except ValueError:
        return email, address, gettext("Write an IP address: 203.0.113.7 or 2001:db8::1.")
    return email, address, ""


def refuse_strangers(email: str, address: str) -> None:
    """403 if this is not for the person asking.

    Who may edit some users only is answered about these alone: nothing of networks, which others share, and the same of
    somebody out of sight as of nobody.
    """
    user = find_user(email) if email else None
    is_mine = user is not None and can(current_user, "user.edit", user)
    is_limited = rows_for_me(user_class()) is not None
    if (user is not None and not is_mine) or (is_limited and (address or (email and not is_mine))):
        abort(403)


def locks_of(email: str, address: str) -> list[Lock]:
    """The limits that hold for an account, from this address too, or for the network of the address alone."""
    return locks_on(email, [address] if address else []) if email else network_locks(address)


def held_up() -> list[Held]:
    """The accounts that were tried in the last day and are under a limit, latest first."""
    found = [Held(email=email, locks=locks_on(email)) for email in tried()]
    return [one for one in found if one.locks]


def tried() -> list[str]:
    """E-mail addresses of the accounts that somebody failed to enter in the last day."""
    if not has_audit():
        return []
    from demijohn.audit.models import AuditEntry

    user = user_class()
    lately = (
        sa.select(AuditEntry.key, sa.func.max(AuditEntry.id).label("latest"))
        .where(AuditEntry.action.in_(TRIED), AuditEntry.at > now() - timedelta(days=1), AuditEntry.key.is_not(None))
        .group_by(AuditEntry.key)
        .order_by(sa.desc("latest"))
        .limit(MOST_ACCOUNTS)
    )
    order = [int(str(key)) for key, _ in db.session.execute(lately) if str(key).isdecimal()]
    users = {one.id: one for one in db.session.scalars(for_me(sa.select(user).where(user.id.in_(order)), user))}
    return [users[key].email for key in order if key in users and can(current_user, "user.edit", users[key])]
