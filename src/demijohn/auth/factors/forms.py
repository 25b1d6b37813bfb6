"""The forms of two-step sign-in."""

from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from demijohn.auth.forms import AccountForm
from demijohn.words import lazy_gettext


class CodeForm(AccountForm):
    code = StringField(lazy_gettext("Code"), [InputRequired(lazy_gettext("Enter the code."))])


class StepForm(CodeForm):
    trust = BooleanField(lazy_gettext("Do not ask again on this device"))


class ConfirmCodeForm(CodeForm):
    next = HiddenField()


class TurnOffForm(AccountForm):
    """Asked of people who have a password."""

    current_password = PasswordField(
        lazy_gettext("Current password"), [InputRequired(lazy_gettext("Enter your current password."))]
    )


class PlainForm(AccountForm):
    """Nothing but its token."""
