"""Which limits an account is under, from where and until when; and lifting them.

Counts are kept under digests, so they cannot be listed: each is asked for by name, for every network that the audit log
and the open sessions know the account from.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from demijohn.auth.addresses import comparable_address
from demijohn.auth.companions import listed_sessions
from demijohn.auth.limits import MAIL_KINDS, MailKind, account_from, code_limits, mail_limits, sign_in_limits
from demijohn.auth.models import user_class
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.security.address import client_network
from demijohn.security.throttle import Limit, clear, peek
from demijohn.state import state_of

EVERYWHERE = "everywhere"
MOST_NETWORKS = 500
"""An account guessed from more networks than this is slowed everywhere long before."""
MAIL_WORDS: dict[MailKind, str] = {
    "reset": "reset mails",
    "register": "registration mails",
    "link": "sign-in links",
    "email": "changes of address",
    "invite": "invitations",
}


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One count that can keep somebody out: what it is about, from where (a network, or `everywhere`), and its key."""

    what: str
    origin: str
    limit: Limit
    key: str


@dataclass(frozen=True, kw_only=True)
class Lock:
    """One limit that is used up, and until when (aware, UTC)."""

    what: str
    origin: str
    until: datetime


def locks_on(email: str, addresses: Iterable[str] = ()) -> list[Lock]:
    """The limits that the account is under now, the longest first.

    Args:
        addresses: IP addresses to ask about, besides those that are known.
    """
    return used_up(counts(email, addresses))


def used_up(counted_ones: Iterable[Counted]) -> list[Lock]:
    """Those of the counts at which nothing more may happen now, the longest first."""
    found = []
    for counted in counted_ones:
        verdict = peek(counted.limit, counted.key)
        if not verdict.allowed:
            until = now() + timedelta(seconds=verdict.retry_after_seconds)
            found.append(Lock(what=counted.what, origin=counted.origin, until=until))
    return sorted(found, key=lambda lock: lock.until, reverse=True)


def lift_locks(email: str, addresses: Iterable[str] = ()) -> list[Lock]:
    """Forget everything that is counted against the account; what was used up by then."""
    lifted = locks_on(email, addresses)
    for counted in counts(email, addresses):
        clear(counted.limit, counted.key)
    return lifted


def network_locks(address: str) -> list[Lock]:
    """The limits that the network of this IP address is under now, whichever account was meant."""
    return used_up(network_counts(address))


def lift_network_locks(address: str) -> list[Lock]:
    """Forget everything that is counted against the network itself; what was used up by then."""
    lifted = network_locks(address)
    for counted in network_counts(address):
        clear(counted.limit, counted.key)
    return lifted


def network_counts(address: str) -> Iterator[Counted]:
    network = client_network(address)
    yield Counted(what="sign-in to any account", origin=network, limit=sign_in_limits()[0], key=network)
    yield Counted(what="codes of any account", origin=network, limit=code_limits()[0], key=network)
    for kind in MAIL_KINDS:
        yield Counted(what=f"{MAIL_WORDS[kind]} to anybody", origin=network, limit=mail_limits(kind)[0], key=network)


def counts(email: str, addresses: Iterable[str]) -> Iterator[Counted]:
    user = user_class()
    user_id = db.session.scalar(sa.select(user.id).where(user.email == email))
    by_network, by_account, everywhere = sign_in_limits()
    account = comparable_address(email)
    yield Counted(what="sign-in", origin=EVERYWHERE, limit=everywhere, key=account)
    known = set() if user_id is None else known_addresses(user_id)
    for network in sorted({client_network(address) for address in {*addresses, *known}}):
        yield Counted(what="sign-in", origin=network, limit=by_account, key=account_from(email, network))
        yield Counted(what="sign-in to any account", origin=network, limit=by_network, key=network)
    for kind in MAIL_KINDS:
        yield Counted(what=MAIL_WORDS[kind], origin=EVERYWHERE, limit=mail_limits(kind)[1], key=account)
    if user_id is not None:
        yield Counted(what="codes", origin=EVERYWHERE, limit=code_limits()[1], key=str(user_id))


def known_addresses(user_id: int) -> set[str]:
    """Where the account was used or tried from in the last day, as far as the log and the sessions know."""
    found = {one.address for one in listed_sessions(user_id) or ()}
    if state_of().has("audit"):
        from demijohn.audit.models import AuditEntry

        about = sa.and_(AuditEntry.table == "user", AuditEntry.key == str(user_id))
        lately = sa.select(AuditEntry.address).where(
            sa.or_(about, AuditEntry.actor_id == user_id), AuditEntry.at > now() - timedelta(days=1)
        )
        found |= set(db.session.scalars(lately.distinct().limit(MOST_NETWORKS)))
    return {address for address in found if address}
