"""Pages of one's own account: second factors, recovery codes, trusted devices."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required, recent_login_required
from demijohn.auth.answers import form_again
from demijohn.auth.companions import note
from demijohn.auth.factors import totp
from demijohn.auth.factors.changes import NEEDED, new_recovery_codes, remove_factor
from demijohn.auth.factors.enrolling import confirm_app, setup_as_json, setup_facts
from demijohn.auth.factors.forms import CodeForm, PlainForm
from demijohn.auth.factors.policy import must_have_second_factor
from demijohn.auth.factors.recovery import codes_left
from demijohn.auth.factors.registry import factors_of, has_second_factor, second_factors
from demijohn.auth.factors.rules import FEW_RECOVERY_CODES
from demijohn.auth.factors.trust import end_trust, trusted_devices
from demijohn.auth.factors.turning_off import form_for, refuse_wrong_password
from demijohn.auth.guards import Refused
from demijohn.database.base import db
from demijohn.errorpages import wants_json
from demijohn.security.throttle import throttled_response

HOME = "auth.two_factor"


@login_required
def two_factor() -> ResponseReturnValue:
    """What is set up, how many recovery codes are left, which devices are trusted."""
    facts = facts_now()
    if wants_json():
        devices = [{"id": one.id, "device": one.device, "address": one.address} for one in facts["devices"]]
        kinds = [factor.kind for factor in facts["factors"]]
        return jsonify(second_factors=kinds, recovery_codes_left=facts["left"], trusted_devices=devices)
    return render_template("auth/two_factor.html", **facts)


def facts_now() -> dict[str, Any]:
    factors = factors_of(current_user)
    return {
        "factors": factors,
        "kinds": [factor.kind for factor in factors],
        "offered": second_factors(),
        "left": codes_left(current_user.id),
        "few": FEW_RECOVERY_CODES,
        "devices": trusted_devices(current_user),
        "is_required": must_have_second_factor(current_user),
    }


@login_required
def end_trusted() -> ResponseReturnValue:
    """End the trust in one device, or in all (`device=all`)."""
    chosen = request.form.get("device", "")
    ended = 0
    if chosen == "all" or chosen.isdecimal():
        ended = end_trust(current_user.id, None if chosen == "all" else int(chosen[:18]))
    if ended:
        note("auth.trust_ended", current_user, changes={"devices": ended})
        db.session.commit()
    return done("A code is asked there again." if ended else "That device was not trusted any more.")


@recent_login_required
def two_factor_app() -> ResponseReturnValue:
    """Set up an app, or another in place of the one there is."""
    form = CodeForm()
    if request.method != "POST":
        return setup_as_json(current_user) if wants_json() else app_page(form)
    if not form.validate():
        return app_page(form)
    try:
        codes = confirm_app(current_user, form.code.data)
    except Refused as refused:
        form.refuse(str(refused), refused.field)
        return app_page(form)
    if codes or wants_json():
        return show_codes(codes, is_new_app=True)
    return done("Your new app is set up. The earlier one no longer works.")


def app_page(form: CodeForm) -> ResponseReturnValue:
    facts = {**setup_facts(current_user), "has_app": totp.read_app(current_user.id) is not None}
    if form.errors:
        return form_again("auth/two_factor_app.html", form, **facts)
    return render_template("auth/two_factor_app.html", form=form, **facts)


@recent_login_required
def two_factor_off() -> ResponseReturnValue:
    """Take the app away; asks for the password, which must be long enough to stand alone."""
    if totp.read_app(current_user.id) is None:
        return done("There is no app set up.")
    form = form_for(current_user)
    if request.method != "POST":
        return render_template("auth/two_factor_off.html", form=form, is_needed=is_needed())
    if not form.validate():
        return form_again("auth/two_factor_off.html", form, is_needed=is_needed())
    verdict = refuse_wrong_password(current_user, form)
    if verdict is not None:
        return throttled_response(verdict)
    if not form.errors:
        try:
            remove_factor(current_user, totp.KIND)
        except Refused as refused:
            form.refuse(str(refused))
    if form.errors:
        return form_again("auth/two_factor_off.html", form, is_needed=is_needed())
    return done("Your app is removed. No code of it is asked any more.")


def is_needed() -> str | None:
    """Why the app can't be taken away: it is the only second factor, and one is required."""
    return NEEDED if len(factors_of(current_user)) == 1 and must_have_second_factor(current_user) else None


@recent_login_required
def two_factor_codes() -> ResponseReturnValue:
    """Make new recovery codes; the earlier ones no longer work."""
    if not has_second_factor(current_user):
        return done("Set up a second factor first; recovery codes stand in for it.")
    form = PlainForm()
    if request.method != "POST":
        return render_template("auth/recovery_codes_ask.html", form=form, left=codes_left(current_user.id))
    if not form.validate():
        return form_again("auth/recovery_codes_ask.html", form, left=codes_left(current_user.id))
    return show_codes(new_recovery_codes(current_user), is_new_app=False)


def show_codes(codes: list[str], *, is_new_app: bool) -> ResponseReturnValue:
    if wants_json():
        return jsonify(recovery_codes=codes)
    return render_template("auth/recovery_codes.html", codes=codes, is_new_app=is_new_app)


def done(text: str) -> ResponseReturnValue:
    """Back to the page of second factors, with a word; a program gets the word."""
    if wants_json():
        return jsonify(detail=text)
    flash(text, "success")
    return redirect(url_for(HOME))
