"""The forms of the change of address."""

from wtforms import EmailField
from wtforms.validators import InputRequired

from demijohn.auth.forms import AccountForm, is_address
from demijohn.words import lazy_gettext


class NewAddressForm(AccountForm):
    email = EmailField(
        lazy_gettext("New e-mail address"), [InputRequired(lazy_gettext("Enter the new address.")), is_address]
    )


class ConsentForm(AccountForm):
    """The button that does it: programs that look mail over open links, and press nothing."""
