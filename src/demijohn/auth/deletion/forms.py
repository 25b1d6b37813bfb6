"""The forms of deleting one's account and of keeping it after all."""

from wtforms import EmailField
from wtforms.validators import InputRequired

from demijohn.auth.forms import AccountForm


class DeleteForm(AccountForm):
    email = EmailField("Your e-mail address", [InputRequired("Enter the address of your account.")])


class KeepForm(AccountForm):
    """The button that keeps the account."""
