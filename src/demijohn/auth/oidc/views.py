"""Pages: to a provider and back, and what one's account is connected with."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required, recent_login_required
from demijohn.auth.entering import admit, identity_confirmed, on_to
from demijohn.auth.oidc import flow, people
from demijohn.auth.oidc.answers import leave_for, no_answer, problem_page, throttled_start, turned_away
from demijohn.auth.oidc.asking import ProviderError, UnreachableError
from demijohn.auth.oidc.flow import Declined, NotOurs, Proven, Purpose
from demijohn.auth.oidc.leaving import remember_token
from demijohn.auth.oidc.people import Turned
from demijohn.auth.oidc.provider import Provider, providers
from demijohn.auth.oidc.rules import is_fresh_proof
from demijohn.auth.sign_in import first_page
from demijohn.database.base import db
from demijohn.security.redirects import is_safe_target, safe_redirect
from demijohn.words import gettext


def provider_named(name: str) -> Provider:
    found = providers().get(name)
    if found is None:
        abort(404)
    return found


def login_oidc(provider: str) -> ResponseReturnValue:
    """Begin to sign in at a provider (POST); a link from elsewhere only shows the button (GET)."""
    chosen = provider_named(provider)
    wanted = request.values.get("next", "")
    wanted = wanted if is_safe_target(wanted) else ""
    if current_user.is_authenticated:
        return safe_redirect(wanted, fallback=first_page(current_user))
    if request.method != "POST":
        return render_template("auth/oidc_start.html", provider=chosen, wanted=wanted)
    return start(chosen, "enter", wanted)


@login_required
def confirm_oidc(provider: str) -> ResponseReturnValue:
    """Prove again at the provider who one is."""
    return start(provider_named(provider), "confirm", request.form.get("next", ""))


@recent_login_required
def connect_oidc(provider: str) -> ResponseReturnValue:
    """Begin to connect one's account with somebody at a provider."""
    return start(provider_named(provider), "link", url_for("auth.identities"))


def start(provider: Provider, purpose: Purpose, wanted: str) -> ResponseReturnValue:
    """Leave for the provider; the page of whoever does not answer names it."""
    refused = throttled_start()
    if refused is not None:
        return refused
    user_id = current_user.id if purpose != "enter" else None
    try:
        return leave_for(flow.begin(provider, purpose=purpose, wanted=wanted, user_id=user_id), provider)
    except ProviderError as error:
        flow.log_problem(provider, error)
        return no_answer(provider)


def oidc_callback(provider: str) -> ResponseReturnValue:
    """Come back from a provider: the state, known to this session alone, stands for a form's token."""
    chosen = provider_named(provider)
    try:
        proven = flow.finish(chosen, request.args.to_dict())
    except ProviderError as error:
        flow.log_problem(chosen, error)
        return refused_answer(chosen, error)
    try:
        return ENDS[proven.started.purpose](chosen, proven)
    except Turned as turned:
        db.session.rollback()
        return turned_away(chosen, turned.why)


def refused_answer(provider: Provider, error: ProviderError) -> ResponseReturnValue:
    if isinstance(error, UnreachableError):
        return no_answer(provider)
    if isinstance(error, NotOurs):
        return problem_page(provider, "not_ours", 400)
    if isinstance(error, Declined):
        return problem_page(provider, "denied" if error.code == "access_denied" else "declined", 403)
    return problem_page(provider, "unproven", 403)


def enter(provider: Provider, proven: Proven) -> ResponseReturnValue:
    user = people.let_in(provider, proven.claimed)
    trusts = provider.section.trusts_second_factor
    is_enough = trusts == "always" or (trusts == "stated" and proven.claimed.has_second_factor)
    answer = admit(user, door="oidc", wanted=proven.started.wanted, factor="oidc" if is_enough else "")
    remember_token(provider, proven, user)
    return answer


def link(provider: Provider, proven: Proven) -> ResponseReturnValue:
    """Connect the account of whoever began it here, if it is still them."""
    refuse_another(proven)
    known = people.find_identity(proven.claimed.issuer, proven.claimed.subject)
    if known is not None and known.user_id != current_user.id:
        raise Turned("elsewhere")
    if known is None:
        people.connect(provider, current_user, proven.claimed)
        db.session.commit()
    flash(gettext("Your account is connected with %(label)s.", label=provider.label), "success")
    return on_to(proven.started.wanted, fallback=url_for("auth.identities"))


def confirm(provider: Provider, proven: Proven) -> ResponseReturnValue:
    """Count it as a proof if the very person proved who they are just now, not some time ago."""
    del provider
    refuse_another(proven)
    known = people.find_identity(proven.claimed.issuer, proven.claimed.subject)
    if known is None or known.user_id != current_user.id:
        raise Turned("stranger")
    if not is_fresh_proof(proven.claimed.authenticated_at, asked_at=int(proven.started.began_at)):
        raise Turned("stale")
    return identity_confirmed(proven.started.wanted, by="oidc")


def refuse_another(proven: Proven) -> None:
    if not current_user.is_authenticated or current_user.id != proven.started.user_id:
        raise Turned("another")


ENDS = {"enter": enter, "link": link, "confirm": confirm}


@login_required
def identities() -> ResponseReturnValue:
    """What the account is connected with, and what it could be."""
    mine = people.identities_of(current_user.id)
    connected = {identity.provider for identity in mine}
    rows = [(identity, people.label_of(identity)) for identity in mine]
    free = [provider for provider in providers().values() if provider.name not in connected]
    return render_template("auth/identities.html", rows=rows, free=free)


@recent_login_required
def disconnect_oidc(identity: int) -> ResponseReturnValue:
    try:
        gone = people.disconnect(current_user, identity)
    except Turned:
        flash(gettext("This is your only way to sign in. Set a password first, then disconnect it."), "error")
        return redirect(url_for("auth.identities"))
    if not gone:
        abort(404)
    flash(gettext("It is disconnected."), "success")
    return redirect(url_for("auth.identities"))
