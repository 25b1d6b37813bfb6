"""Pages: one's own API tokens."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required, recent_login_required
from demijohn.auth.answers import form_again
from demijohn.auth.bearer.forms import NewTokenForm
from demijohn.auth.bearer.identity import may_have_tokens
from demijohn.auth.bearer.models import ApiToken
from demijohn.auth.bearer.tokens import Made, make_token, offered_scopes, revoke_token, tokens_of
from demijohn.auth.extension import auth_of
from demijohn.auth.guards import Refused
from demijohn.clock import now
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.words import gettext

NOT_YOURS = "API tokens are for staff here. Ask an administrator."


@login_required
def tokens() -> ResponseReturnValue:
    """One's tokens: name, reach, last use."""
    found = tokens_of(current_user)
    if wants_json():
        return {"tokens": [as_json(record) for record in found]}
    return render_template("auth/tokens.html", tokens=found, may_make=may_have_tokens(current_user), now=now())


@recent_login_required
def new_token() -> ResponseReturnValue:
    """Make a token; the answer to the form is the one place where it is shown."""
    if not may_have_tokens(current_user):
        return refuse_making()
    offered = offered_scopes(current_user)
    form = NewTokenForm(offered=offered, longest_days=auth_of().section.tokens.longest_days)
    facts: dict[str, Any] = {"groups": by_table(offered)}
    if request.method != "POST":
        return render_template("auth/token_new.html", form=form, **facts)
    if not form.validate_on_submit():
        return form_again("auth/token_new.html", form, **facts)
    try:
        made = make_token(current_user, form.name.data, days=form.days.data, scopes=form.chosen_scopes)
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return form_again("auth/token_new.html", form, **facts)
    db.session.commit()
    return shown_once(made)


def shown_once(made: Made) -> ResponseReturnValue:
    if wants_json():
        return {**as_json(made.record), "token": made.token}, 201
    return render_template("auth/token_made.html", record=made.record, token=made.token)


def refuse_making() -> ResponseReturnValue:
    if wants_json():
        return {"detail": NOT_YOURS}, 403
    flash(NOT_YOURS, "warning")
    return redirect(url_for("auth.tokens"))


@login_required
def revoke(token_id: int) -> ResponseReturnValue:
    """End one of one's tokens at once."""
    was_there = revoke_token(current_user, token_id)
    db.session.commit()
    if wants_json():
        return ("", 204) if was_there else ({"detail": "You have no such token."}, 404)
    flash(gettext("The token is revoked.") if was_there else gettext("That token was gone already."), "success")
    return redirect(url_for("auth.tokens"))


def has_business_here(user: Any) -> bool:
    """Whether the navigation offers the page: to those who may make tokens."""
    return may_have_tokens(user)


def as_json(record: ApiToken) -> dict[str, Any]:
    """What a program may know of a token: everything but the token."""
    return {
        "id": record.id,
        "name": record.name,
        "ending": record.ending,
        "scopes": None if record.scope_set is None else sorted(record.scope_set),
        "created_at": record.created_at.isoformat(),
        "expires_at": record.expires_at.isoformat(),
        "last_used_at": record.last_used_at.isoformat() if record.last_used_at else None,
    }


def by_table(permissions: list[str]) -> dict[str, list[str]]:
    """Permissions grouped for reading: `order` -> [`order.view`, …]."""
    groups: dict[str, list[str]] = {}
    for permission in permissions:
        groups.setdefault(permission.rpartition(".")[0], []).append(permission)
    return groups
