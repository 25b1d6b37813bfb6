"""The forms of deleting one's account and of keeping it after all."""

from wtforms import EmailField
from wtforms.validators import InputRequired

from demijohn.auth.forms import AccountForm
from demijohn.words import lazy_gettext


class DeleteForm(AccountForm):
    email = EmailField(
        lazy_gettext("Your e-mail address"), [InputRequired(lazy_gettext("Enter the address of your account."))]
    )


class KeepForm(AccountForm):
    """The button that keeps the account."""
