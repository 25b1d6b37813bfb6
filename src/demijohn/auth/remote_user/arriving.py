"""From a name in a request to a session, and from another name to its end."""

from collections.abc import Callable

from flask import current_app, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.accounts import create_user, find_user
from demijohn.auth.answers import problem
from demijohn.auth.capability import Identified
from demijohn.auth.entering import admit
from demijohn.auth.extension import auth_of
from demijohn.auth.following.roles import existing_roles, follow_groups, is_domain_allowed
from demijohn.auth.guards import Refused
from demijohn.auth.models import UserBase
from demijohn.auth.remote_user.gate import whom
from demijohn.auth.remote_user.rules import Named
from demijohn.auth.remote_user.settings import RemoteUserSettings
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.errorpages import wants_json

NAMED_AS = "_remote_user"
"""Session key: as whom the proxy named the person when the session began."""

UNKNOWN = (
    "There is no account for you here",
    "You are known to your network, but not to this site. Ask an administrator.",
)
DISABLED = ("Your account is disabled", "Ask an administrator to enable it.")


def section_here() -> RemoteUserSettings:
    section: RemoteUserSettings = auth_of().section.remote_user
    return section


def arrive(wanted: str) -> ResponseReturnValue | None:
    """Let whoever the request names in; None if it names nobody, or they want to give a password."""
    person = whom()
    if person is None or request.args.get("by") == "password":
        return None
    user = account_of(person)
    if user is None or not user.is_active:
        db.session.rollback()
        return turned_away(*(UNKNOWN if user is None else DISABLED))
    section = section_here()
    follow_groups(user, person.groups, section.roles)
    db.session.commit()
    answer = admit(user, door="remote", wanted=wanted, factor="remote" if section.trusts_second_factor else "")
    session[NAMED_AS] = person.subject
    return answer


def account_of(person: Named) -> UserBase | None:
    """The account of the person's address; a new one where the settings say so."""
    if person.email is None:
        current_app.logger.warning("The proxy names somebody in a way that is no address, or names two people.")
        return None
    section, user = section_here(), find_user(person.email)
    if user is not None or not section.provision or not is_domain_allowed(person.email, section.allowed_domains):
        return user
    try:
        user = create_user(person.email, name=person.name, roles=existing_roles(section.default_roles))
    except Refused:  # another process was quicker
        db.session.rollback()
        return find_user(person.email)
    user.confirmed_at = now()
    return user


def turned_away(heading: str, advice: str) -> ResponseReturnValue:
    if wants_json():
        return problem(403, detail=f"{heading}. {advice}", errors={})
    back = (url_for("auth.login", by="password"), "Sign in with a password")
    return render_template("auth/turned_away.html", heading=heading, advice=advice, back=back), 403


def identify() -> Identified | None:
    """Nobody, if the session is of somebody whom the proxy does not name any more: that session is over."""
    began_as = session.get(NAMED_AS)
    if began_as is None:
        return None
    person = whom()
    if person is None and not section_here().ends_without:
        return None
    if person is not None and person.subject == began_as:
        return None
    session.clear()
    return Identified(user=None)


def prepare_farewell() -> Callable[[], ResponseReturnValue] | None:
    """The page for whoever signs out here while the proxy still knows them; None for everybody else."""
    return say_farewell if NAMED_AS in session else None


def say_farewell() -> ResponseReturnValue:
    address = section_here().sign_out_url
    if wants_json():
        return {"next": address or url_for("auth.login")}
    if address:
        return render_template("auth/leave.html", address=address, label="the sign-out page of your network")
    return render_template("auth/remote_signed_out.html")
