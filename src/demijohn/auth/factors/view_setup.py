"""Page: the second factor that must be set up before a sign-in can go on."""

from typing import Any

from flask import jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.answers import form_again
from demijohn.auth.entering import go_on, pass_step, start_again
from demijohn.auth.factors.enrolling import confirm_app, setup_as_json, setup_facts
from demijohn.auth.factors.forms import CodeForm
from demijohn.auth.factors.registry import has_second_factor, second_factors
from demijohn.auth.guards import Refused
from demijohn.auth.models import UserBase
from demijohn.auth.pending import Pending, pending_sign_in, pending_user
from demijohn.errorpages import wants_json

ENDPOINT = "auth.two_factor_setup"


def two_factor_setup() -> ResponseReturnValue:
    """Set up a second factor within a sign-in under way; then show the recovery codes, and go on."""
    pending, user = pending_sign_in(), pending_user()
    if pending is None or user is None:
        return start_again()
    if has_second_factor(user):
        return leave(user, pending)
    form = CodeForm()
    if request.method != "POST" or not form.validate():
        return setup_page(form, user)
    try:
        codes = confirm_app(user, form.code.data)
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return setup_page(form, user)
    if wants_json():
        return jsonify(recovery_codes=codes, next=url_for(ENDPOINT), step=ENDPOINT)
    return render_template("auth/two_factor_done.html", codes=codes)


def setup_page(form: CodeForm, user: UserBase) -> ResponseReturnValue:
    parts = [factor.setup_template for factor in second_factors() if factor.setup_template]
    facts: dict[str, Any] = {**setup_facts(user), "parts": parts}
    if form.errors:
        return form_again("auth/two_factor_setup.html", form, **facts)
    return setup_as_json(user) if wants_json() else render_template("auth/two_factor_setup.html", form=form, **facts)


def leave(user: UserBase, pending: Pending) -> ResponseReturnValue:
    """Go on: with the factor just set up, or to the step that asks for one set up elsewhere meanwhile."""
    if not pending.factor:
        return go_on(user, pending)
    if request.method == "POST":
        return pass_step(ENDPOINT)
    if wants_json():
        return jsonify(next=url_for(ENDPOINT), step=ENDPOINT)
    return render_template("auth/two_factor_done.html", codes=[])
