"""The forms of the account pages, on Flask-WTF."""

from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from demijohn.auth.addresses import AddressError, normalise_address
from demijohn.forms.wtf import Form
from demijohn.words import gettext, lazy_gettext

ADDRESS = lazy_gettext("E-mail address")


class AccountForm(Form):
    """A form of the account pages; sending it twice does no harm, so nothing is remembered of it."""

    once = False

    def refuse(self, text: str, field: str | None = None) -> None:
        """Add a problem found after the form was read, at the field if it has that one."""
        if field in self._fields:
            self[field].errors = [*self[field].errors, text]
        else:
            self.form_errors.append(text)


def is_address(form: Any, field: Any) -> None:
    """A validator: the text is an e-mail address."""
    del form
    try:
        normalise_address(field.data or "")
    except AddressError as error:
        raise ValidationError(str(error)) from None


def is_printable(form: Any, field: Any) -> None:
    """A validator: the text has no control characters and no halves of any."""
    del form
    if not all(character.isprintable() for character in field.data or ""):
        raise ValidationError(gettext("Use letters, digits and signs only."))


class LoginForm(AccountForm):
    email = EmailField(ADDRESS, [InputRequired(lazy_gettext("Enter your e-mail address."))])
    password = PasswordField(lazy_gettext("Password"), [InputRequired(lazy_gettext("Enter your password."))])
    remember = BooleanField(lazy_gettext("Keep me signed in on this device"))
    next = HiddenField()


class ConfirmIdentityForm(AccountForm):
    password = PasswordField(lazy_gettext("Password"), [InputRequired(lazy_gettext("Enter your password."))])
    next = HiddenField()


class ForgotForm(AccountForm):
    email = EmailField(ADDRESS, [InputRequired(lazy_gettext("Enter your e-mail address."))])


class NewPasswordForm(AccountForm):
    new_password = PasswordField(lazy_gettext("New password"), [InputRequired(lazy_gettext("Enter a new password."))])
    password_confirm = PasswordField(
        lazy_gettext("New password again"), [InputRequired(lazy_gettext("Enter it a second time."))]
    )

    def validate_password_confirm(self, field: Any) -> None:
        if field.data != self.new_password.data:
            raise ValidationError(gettext("The two are not the same."))


class ChangePasswordForm(NewPasswordForm):
    current_password = PasswordField(
        lazy_gettext("Current password"), [InputRequired(lazy_gettext("Enter your current password."))]
    )


class ProfileForm(AccountForm):
    name = StringField(
        lazy_gettext("Name"), [Length(max=255, message=lazy_gettext("Use at most 255 characters.")), is_printable]
    )
