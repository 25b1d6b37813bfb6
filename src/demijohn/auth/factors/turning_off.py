"""What is asked before a second factor is taken away: the password, which is to stand alone from then on."""

import unicodedata

from demijohn.auth.extension import auth_of
from demijohn.auth.factors.forms import PlainForm, TurnOffForm
from demijohn.auth.factors.registry import factors_of
from demijohn.auth.forms import AccountForm
from demijohn.auth.limits import may_sign_in, sign_in_succeeded
from demijohn.auth.models import UserBase
from demijohn.database.base import db
from demijohn.security.throttle import Verdict
from demijohn.words import gettext

SHORT = (
    "Your password has less than {} characters, which is enough only with a second factor. Choose a longer one first."
)


def form_for(user: UserBase) -> AccountForm:
    """The form that asks: for the password of somebody who has one."""
    return TurnOffForm() if user.password_hash else PlainForm()


def refuse_wrong_password(user: UserBase, form: AccountForm) -> Verdict | None:
    """Put into the form what is wrong with the password given; the verdict if too many were tried."""
    if not isinstance(form, TurnOffForm):
        return None
    email, password_hash, given = user.email, user.password_hash, form.current_password.data
    is_last = len(factors_of(user)) < 2
    verdict = may_sign_in(email)
    if not verdict.allowed:
        return verdict
    db.session.rollback()
    if not auth_of().passwords.verify(password_hash, given):
        form.refuse(gettext("This is not your current password."), "current_password")
        return None
    sign_in_succeeded(email)
    shortest = auth_of().section.password_min_length
    if is_last and len(unicodedata.normalize("NFKC", given)) < shortest:
        form.refuse(SHORT.format(shortest), "current_password")
    return None
