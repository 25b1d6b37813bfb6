"""Confirming one's identity by a code from the app, beside the password."""

from flask import request
from flask.typing import ResponseReturnValue

from demijohn.auth.access import current_user, login_required
from demijohn.auth.entering import identity_confirmed
from demijohn.auth.factors import totp
from demijohn.auth.factors.forms import ConfirmCodeForm
from demijohn.auth.factors.view_step import WRONG, refuse_guessing
from demijohn.auth.limits import code_fitted, may_try_code
from demijohn.auth.login import mark_second_factor
from demijohn.auth.models import UserBase
from demijohn.auth.view_login import confirm_page
from demijohn.database.base import db
from demijohn.security.redirects import is_safe_target


def has_app(user: UserBase) -> bool:
    return totp.read_app(user.id) is not None


@login_required
def confirm_identity_by_code() -> ResponseReturnValue:
    """Take a code of the app as proof, and go on."""
    form = ConfirmCodeForm()
    wanted = form.next.data or request.args.get("next") or ""
    wanted = wanted if is_safe_target(wanted) else ""
    if not form.validate():
        return confirm_page(wanted, code_form=form)
    user_id = current_user.id
    verdict = may_try_code(user_id)
    if not verdict.allowed:
        return refuse_guessing(current_user, verdict)
    db.session.rollback()
    if not totp.use_app_code(user_id, form.code.data):
        db.session.rollback()
        form.refuse(WRONG, "code")
        return confirm_page(wanted, code_form=form)
    db.session.commit()
    code_fitted(user_id)
    mark_second_factor(totp.KIND)
    return identity_confirmed(wanted, by="code")
