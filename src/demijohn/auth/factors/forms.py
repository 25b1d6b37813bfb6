"""The forms of two-step sign-in."""

from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from demijohn.auth.forms import AccountForm


class CodeForm(AccountForm):
    code = StringField("Code", [InputRequired("Enter the code.")])


class StepForm(CodeForm):
    trust = BooleanField("Do not ask again on this device")


class ConfirmCodeForm(CodeForm):
    next = HiddenField()


class TurnOffForm(AccountForm):
    """Asked of people who have a password."""

    current_password = PasswordField("Current password", [InputRequired("Enter your current password.")])


class PlainForm(AccountForm):
    """Nothing but its token."""
