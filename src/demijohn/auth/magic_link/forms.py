"""The form of sign-in by mail."""

from wtforms import BooleanField, EmailField, HiddenField
from wtforms.validators import InputRequired

from demijohn.auth.forms import ADDRESS, AccountForm, is_address
from demijohn.words import lazy_gettext


class LinkForm(AccountForm):
    email = EmailField(ADDRESS, [InputRequired(lazy_gettext("Enter your e-mail address.")), is_address])
    remember = BooleanField(lazy_gettext("Keep me signed in on the device where I open the link"))
    next = HiddenField()


class EnterForm(AccountForm):
    """The button that lets in: programs that look mail over open links, and press nothing."""
